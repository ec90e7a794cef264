import { cpSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { definePlugin, type Plugin, type RestoreError } from "@restage/core";
import { openKernel } from "@restage/linux";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { CHECKPOINT, cleanUp, PID, place } from "../../examples/counter/place.ts";
import { failureOf } from "../support/failure-of.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { startRestage } from "../support/restage.ts";
import { restoreHere } from "../support/restore-here.ts";
import { privateDirectory, temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

/** The steps in bytes at which an image is truncated. A pagemap is truncated at every byte, because the cut may be between two entries. */
const STEPS = { core: 64, mm: 64, pagemap: 1, pages: 64 };

/** The error with which a restore of the counter fails. */
function failureFrom(images: string, ...plugins: readonly Plugin[]): Promise<RestoreError> {
  return failureOf(restoreHere({ images, plugins }));
}

/** The number of descriptors that this process has open. */
function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

describeUnless(noRoot, "a failed restore leaves nothing behind", () => {
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
    const error = await failureFrom(CHECKPOINT, moved);
    expect(error).toMatchObject({ code: "ERR_REFUSED", message: "file /tmp/no-such-program: it does not exist" });
    expect(error.hint).toBeDefined();
    await expectNothingLeft(before);
  });

  it("when the pid is taken, and names the holder", async () => {
    const kernel = await openKernel();
    // A stopped program does not append to its log, which would be refused first for its size.
    await restoreHere({ images: CHECKPOINT, leaveStopped: true });
    try {
      const refusal = await failureFrom(CHECKPOINT);
      expect(refusal).toMatchObject({ code: "ERR_REFUSED", plugin: "pid-policy" });
      expect(refusal.message).toBe(`pid ${PID}: it is in use by process ${PID} (exe)`);
      // Without it, as when the pid is taken after the plan: the fork finds it.
      const error = await failureFrom(CHECKPOINT, definePlugin({ name: "blind", duty: "pid-policy", apply() {} }));
      expect(error).toMatchObject({ code: "ERR_PID_TAKEN", stage: "ROOT_TASK", plugin: "root-task" });
      expect(error.message).toBe(`Cannot create task ${PID} (exe): pid ${PID} is in use by process ${PID} (exe)`);
    } finally {
      process.kill(PID, "SIGKILL");
      await kernel.waitForExit(PID);
      kernel.close();
    }
    await expectNothingLeft(before);
  });

  it("when the type of a descriptor is unknown, and names the type", async () => {
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
    const error = await failureFrom(CHECKPOINT, strange);
    expect(error).toMatchObject({ code: "ERR_REFUSED", pid: PID, plugin: "descriptors" });
    expect(error.message).toContain("99");
    await expectNothingLeft(before);
  });

  for (const [kind, step] of Object.entries(STEPS)) {
    it(`when ${kind} is truncated in steps of ${step} B`, async () => {
      const directory = temporaryDirectory("truncated");
      cpSync(CHECKPOINT, directory, { recursive: true });
      const file = join(directory, readdirSync(directory).find((name) => name.startsWith(`${kind}-`)) ?? "");
      const descriptors = openDescriptors();
      let cuts = 0;
      for (let size = Math.floor((statSync(file).size - 1) / step) * step; size >= 0; size -= step) {
        truncateSync(file, size);
        const error = await failureFrom(directory);
        expect(["ERR_IMAGE", "ERR_REFUSED"], `truncated to ${size} bytes: ${error.message}`).toContain(error.code);
        cuts++;
      }
      expect(cuts).toBeGreaterThan(0);
      expect(openDescriptors()).toBe(descriptors);
      await expectNothingLeft(before);
    });
  }

  it("when the coordinator is killed in the middle of RESTORE", async () => {
    const directory = privateDirectory("killed");
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
        host.undoneBy((call) => call.unlinkat(-100, ${JSON.stringify(join(directory, "made"))}, 0x200))
          .mkdirat(-100, ${JSON.stringify(join(directory, "made"))}, 0o755);
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
    const coordinator = startRestage(["restore", "-d", "-D", CHECKPOINT], directory);
    onTestFinished(() => void coordinator.kill("SIGKILL"));
    await until(() => existsSync(mark), "the restore is in the stage RESTORE");
    expect(readFileSync(`/proc/${PID}/status`, "utf8")).toContain("tracing stop");
    expect(existsSync(join(directory, "made"))).toBe(true);
    coordinator.kill("SIGKILL");
    await expectNothingLeft(before);
    expect(existsSync(join(directory, "made"))).toBe(false);
  });
});
