import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CHECKPOINT, cleanUp, PID, place } from "../../examples/counter/place.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const notRoot = process.getuid?.() !== 0;
if (notRoot) console.warn("skipped: plugins of the README restore processes (not root)");

/** The TypeScript of a page that is a whole configuration. */
function configurations(page: string): readonly string[] {
  const blocks = [...readFileSync(`${root}${page}`, "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(
    ([, code]) => code ?? "",
  );
  return blocks.filter((code) => code.includes("export default defineConfig"));
}

describe.skipIf(notRoot)("a plugin copied from the README", () => {
  const [otherLog, nice] = configurations("README.md");

  async function restoreWith(config: string | undefined, check: () => Promise<void>): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), "restage-readme-"));
    place();
    try {
      writeFileSync(join(directory, "restore.config.ts"), config ?? "");
      const command = [`${root}packages/cli/dist/restage.js`, "restore", "-d", "-D", CHECKPOINT];
      const { status, stderr } = spawnSync(process.execPath, command, {
        cwd: directory,
        encoding: "utf8",
        timeout: 60_000,
      });
      expect(stderr).toBe("");
      expect(status).toBe(0);
      await check();
    } finally {
      for (let tries = 0; tries < 300 && existsSync(`/proc/${PID}`); tries++) {
        if (tries === 0) process.kill(PID, "SIGKILL");
        await sleep(20);
      }
      rmSync(directory, { recursive: true, force: true });
      cleanUp();
    }
  }

  it("gives the program another log", async () => {
    copyFileSync(`${root}examples/counter/files/log`, "/tmp/other-log");
    try {
      const before = statSync("/tmp/other-log").size;
      await restoreWith(otherLog, async () => {
        await sleep(200);
        expect(statSync("/tmp/other-log").size).toBeGreaterThan(before);
      });
    } finally {
      rmSync("/tmp/other-log", { force: true });
    }
  });

  it("replaces a duty", async () => {
    await restoreWith(nice, async () => {
      expect(spawnSync("ps", ["-o", "ni=", "-p", String(PID)], { encoding: "utf8" }).stdout.trim()).toBe("10");
    });
  });
});
