import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CHECKPOINT, cleanUp, PID, place } from "../../examples/counter/place.ts";
import { end } from "../support/end.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { ROOT, restage, run } from "../support/restage.ts";
import { privateDirectory } from "../support/temporary-directory.ts";

/** The code blocks of a page that are complete configurations. */
function configurations(page: string): readonly string[] {
  const blocks = [...readFileSync(`${ROOT}${page}`, "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(
    ([, code]) => code ?? "",
  );
  return blocks.filter((code) => code.includes("export default defineConfig"));
}

describeUnless(noRoot, "a plugin copied from the README", () => {
  const [otherLog, nice] = configurations("README.md");

  beforeEach(() => place());
  afterEach(async () => {
    await end(PID);
    cleanUp();
  });

  function restoreWith(config: string | undefined): void {
    const directory = privateDirectory("readme");
    writeFileSync(join(directory, "restore.config.ts"), config ?? "");
    const { status, stderr } = restage(["restore", "-d", "-D", CHECKPOINT], directory);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  }

  it("gives the program another log", async () => {
    copyFileSync(`${ROOT}examples/counter/files/log`, "/tmp/other-log");
    try {
      const before = statSync("/tmp/other-log").size;
      restoreWith(otherLog);
      await sleep(200);
      expect(statSync("/tmp/other-log").size).toBeGreaterThan(before);
    } finally {
      rmSync("/tmp/other-log", { force: true });
    }
  });

  it("replaces a duty", () => {
    restoreWith(nice);
    expect(run(["ps", "-o", "ni=", "-p", String(PID)]).stdout.trim()).toBe("10");
  });
});
