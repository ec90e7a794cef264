import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CHECKPOINT, cleanUp, PID, place } from "../../examples/counter/place.ts";
import { end } from "../support/end.ts";
import { isRunning } from "../support/proc.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { restoreHere } from "../support/restore-here.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let directory = "";

/** A script that logs its calls, and fails for one action. */
function scriptThatFailsFor(action: string): string {
  const script = join(directory, "script");
  const lines = [
    "#!/bin/sh",
    `echo "$CRTOOLS_SCRIPT_ACTION $CRTOOLS_IMAGE_DIR $CRTOOLS_INIT_PID" >> ${directory}/log`,
    `[ "$CRTOOLS_SCRIPT_ACTION" != ${action} ] || { echo no >&2; exit 3; }`,
  ];
  writeFileSync(script, `${lines.join("\n")}\n`);
  chmodSync(script, 0o755);
  return script;
}

const log = () =>
  readFileSync(join(directory, "log"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.trim());

const restoreWith = (script: string) => restoreHere({ images: CHECKPOINT, detached: true, actionScripts: [script] });

describeUnless(noRoot, "action scripts", () => {
  beforeEach(() => {
    directory = temporaryDirectory("scripts");
    place();
  });
  afterEach(async () => {
    await end(PID);
    cleanUp();
  });

  it("run at CRIU's points with CRIU's variables, without namespace actions if there is no namespace", async () => {
    await restoreWith(scriptThatFailsFor("nothing"));
    const later = ["post-restore", "network-unlock", "pre-resume", "post-resume"];
    expect(log()).toEqual([`pre-restore ${CHECKPOINT}`, ...later.map((action) => `${action} ${CHECKPOINT} ${PID}`)]);
  });

  it.each(["pre-restore", "post-restore", "pre-resume"])(
    "roll the restore back when one fails for %s",
    async (action) => {
      const script = scriptThatFailsFor(action);
      await expect(restoreWith(script)).rejects.toMatchObject({
        message: `Action script ${script} exited with status 3 for ${action}: no`,
      });
      expect(log().at(-1)).toContain(action);
      // The stub has ended before the commit: init reaps it.
      expect(isRunning(PID)).toBe(false);
    },
  );

  it("that are missing are refused before any task exists", async () => {
    await expect(restoreWith("/no/such/script")).rejects.toMatchObject({ code: "ERR_REFUSED" });
  });
});
