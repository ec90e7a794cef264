import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CHECKPOINT, cleanUp, PID, place } from "../../examples/counter/place.ts";

const notRoot = process.getuid?.() !== 0;
if (notRoot) console.warn("skipped: action scripts of real restores (not root)");

let directory = "";

/** A script that says what it is called for, and fails for one action. */
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

async function restoreWith(script: string): Promise<void> {
  const kernel = await openKernel();
  try {
    await restore({ images: CHECKPOINT, detached: true, actionScripts: [script] }, kernel, defaultPlugins());
  } finally {
    kernel.close();
  }
}

describe.skipIf(notRoot)("action scripts", () => {
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "restage-scripts-"));
    place();
  });
  afterEach(async () => {
    if (existsSync(`/proc/${PID}`)) process.kill(PID, "SIGKILL");
    for (let tries = 0; tries < 300 && existsSync(`/proc/${PID}`); tries++) await sleep(20);
    cleanUp();
    rmSync(directory, { recursive: true, force: true });
  });

  it("are run at CRIU's points, with its variables; without namespaces not for them", async () => {
    await restoreWith(scriptThatFailsFor("nothing"));
    const later = ["post-restore", "network-unlock", "pre-resume", "post-resume"];
    expect(log()).toEqual([`pre-restore ${CHECKPOINT}`, ...later.map((action) => `${action} ${CHECKPOINT} ${PID}`)]);
  });

  it.each(["pre-restore", "post-restore", "pre-resume"])("undo all when one fails for %s", async (action) => {
    const script = scriptThatFailsFor(action);
    await expect(restoreWith(script)).rejects.toMatchObject({
      message: `Action script ${script} ended with 3 for ${action}: no`,
    });
    expect(log().at(-1)).toContain(action);
    expect(existsSync(`/proc/${PID}`)).toBe(false);
  });

  it("that are missing are refused before any task exists", async () => {
    await expect(restoreWith("/no/such/script")).rejects.toMatchObject({ code: "ERR_REFUSED" });
  });
});
