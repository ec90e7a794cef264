import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { definePlugin, type Plugin, RestoreError, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CHECKPOINT, cleanUp, PID, place } from "../../examples/counter/place.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const notRoot = process.getuid?.() !== 0;
if (notRoot) console.warn("skipped: failing restores of real processes (not root)");

/** Every how many bytes an image is cut off: of a pagemap everywhere, since it can be cut between two entries. */
const STEPS = { core: 64, mm: 64, pagemap: 1, pages: 64 };

/** The error of a restore of the counter, from a directory of images. */
async function failureOf(images: string, plugins: readonly Plugin[] = []): Promise<RestoreError> {
  const kernel = await openKernel();
  try {
    await restore({ images, plugins }, kernel, defaultPlugins());
  } catch (error) {
    if (error instanceof RestoreError) return error;
    throw error;
  } finally {
    kernel.close();
  }
  throw new Error("The restore did not fail");
}

/** What this process has open; a restore that failed has closed all that it opened. */
function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

describe.skipIf(notRoot)("a restore that fails leaves nothing", () => {
  let before: readonly string[] = [];
  beforeEach(() => {
    place();
    before = survey();
  });
  afterEach(() => cleanUp());

  it("when the executable is missing", async () => {
    const moved = definePlugin({
      name: "moved",
      apply({ entries }) {
        entries.reg_files.tap("moved", (file) =>
          file.name.endsWith("/fixture") ? { ...file, name: "/tmp/no-such-program" } : file,
        );
      },
    });
    const error = await failureOf(CHECKPOINT, [moved]);
    expect(error).toMatchObject({ code: "ERR_REFUSED", message: "file /tmp/no-such-program: it is not there" });
    expect(error.hint).toBeDefined();
    await expectNothingLeft(before);
  });

  it("when the pid is taken, and names who has it", async () => {
    const kernel = await openKernel();
    // Stopped, it does not write on in the log, whose size would then be refused first.
    await restore({ images: CHECKPOINT, leaveStopped: true }, kernel, defaultPlugins());
    try {
      const error = await failureOf(CHECKPOINT);
      expect(error).toMatchObject({ code: "ERR_PID_TAKEN", stage: "ROOT_TASK", plugin: "root-task" });
      expect(error.message).toBe(`Cannot create task ${PID}: pid ${PID} is in use by process ${PID} (exe)`);
    } finally {
      process.kill(PID, "SIGKILL");
      await kernel.waitForExit(PID);
      kernel.close();
    }
    await expectNothingLeft(before);
  });

  it("when a descriptor is of a type that is not restored, and names the type", async () => {
    const strange = definePlugin({
      name: "strange",
      apply({ entries }) {
        const UNKNOWN = 99;
        entries.fdinfo.tap("strange", (entry) => (entry.fd === 3 ? { ...entry, type: UNKNOWN } : entry));
        entries.files.tap("strange", (entry) =>
          entry.reg?.name.endsWith("/log") ? { ...entry, type: UNKNOWN } : entry,
        );
      },
    });
    const error = await failureOf(CHECKPOINT, [strange]);
    expect(error).toMatchObject({ code: "ERR_REFUSED", pid: PID, plugin: "descriptors" });
    expect(error.message).toContain("99");
    await expectNothingLeft(before);
  });

  for (const [kind, step] of Object.entries(STEPS)) {
    it(`when ${kind} is cut off at any byte that ${step} divides`, { timeout: 120_000 }, async () => {
      const directory = mkdtempSync(join(tmpdir(), "restage-cut-"));
      try {
        cpSync(CHECKPOINT, directory, { recursive: true });
        const file = join(directory, readdirSync(directory).find((name) => name.startsWith(`${kind}-`)) ?? "");
        const descriptors = openDescriptors();
        let cuts = 0;
        for (let size = Math.floor((statSync(file).size - 1) / step) * step; size >= 0; size -= step) {
          truncateSync(file, size);
          const error = await failureOf(directory);
          expect(["ERR_IMAGE", "ERR_REFUSED"], `cut at ${size}: ${error.message}`).toContain(error.code);
          cuts++;
        }
        expect(cuts).toBeGreaterThan(0);
        expect(openDescriptors()).toBe(descriptors);
        await expectNothingLeft(before);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });
  }

  it("when the coordinator is killed in the middle of RESTORE", async () => {
    const directory = mkdtempSync(join(tmpdir(), "restage-killed-"));
    const mark = join(directory, "in-restore");
    writeFileSync(
      join(directory, "restore.config.ts"),
      `import { writeFileSync } from "node:fs";
import { defineConfig, definePlugin } from "@restage/core";
export default defineConfig({
  plugins: [definePlugin({
    name: "pause",
    apply({ stages }) {
      stages.RESTORE.enter.tap("pause", ({ host }) => {
        host.call.mkdirat(-100, ${JSON.stringify(join(directory, "made"))}, 0o755)
          .undo((call) => call.unlinkat(-100, ${JSON.stringify(join(directory, "made"))}, 0x200));
      });
      stages.RESTORE.task.tapPromise("pause", async (task) => {
        await task.flush();
        writeFileSync(${JSON.stringify(mark)}, "");
        await new Promise((resolve) => setTimeout(resolve, 30_000));
      });
    },
  })],
});
`,
    );
    const command = [join(root, "packages/cli/dist/restage.js"), "restore", "-d", "-D", CHECKPOINT];
    const coordinator = spawn(process.execPath, command, { cwd: directory, stdio: "ignore" });
    try {
      for (let tries = 0; tries < 500 && !existsSync(mark); tries++) await sleep(20);
      expect(readFileSync(`/proc/${PID}/status`, "utf8")).toContain("tracing stop");
      expect(existsSync(join(directory, "made"))).toBe(true);
      coordinator.kill("SIGKILL");
      await expectNothingLeft(before);
      expect(existsSync(join(directory, "made"))).toBe(false);
    } finally {
      coordinator.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
