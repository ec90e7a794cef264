import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { definePlugin } from "@restage/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type DumpedProgram, describeDumped, dumpProgram, forget, restoreProgram, until, verdictOf } from "./case.ts";

const HIERARCHY = "/sys/fs/cgroup/pids";
const TOP = `${HIERARCHY}/restage-${process.pid}`;
const CGROUPS = [`${TOP}/parent`, `${TOP}/child`] as const;

const reason = existsSync(`${HIERARCHY}/cgroup.procs`) ? undefined : `the pids controller is not at ${HIERARCHY}`;
if (reason !== undefined) console.warn(`skipped: cgroups (${reason})`);

/** A cgroup can go when its last zombie has. */
async function removeCgroups(): Promise<void> {
  for (const path of [...CGROUPS, TOP]) {
    await until(() => !existsSync(path) || readFileSync(`${path}/cgroup.procs`, "utf8") === "", `${path} is empty`);
    for (let tries = 0; existsSync(path) && tries < 100; tries++) {
      try {
        rmdirSync(path);
      } catch {
        await sleep(50);
      }
    }
  }
}

describeDumped(
  "cgroups",
  () => {
    const programs: DumpedProgram[] = [];
    beforeEach(async () => {
      for (const path of [TOP, ...CGROUPS]) mkdirSync(path);
      writeFileSync(`${CGROUPS[1]}/pids.max`, "77");
      const program = await dumpProgram(
        join(import.meta.dirname, "cgroups"),
        () => ["--manage-cgroups"],
        (directory) => writeFileSync(join(directory, "cgroups"), `${CGROUPS.join("\n")}\n`),
      );
      programs.push(program);
      await removeCgroups();
    });
    afterEach(async () => {
      for (const program of programs.splice(0)) forget(program);
      await removeCgroups();
    });

    it("are made again, with their settings, and every task is in its own", async () => {
      const [program] = programs as [DumpedProgram];
      await restoreProgram(program);
      expect(readFileSync(`${CGROUPS[1]}/pids.max`, "utf8")).toBe("77\n");
      expect(await verdictOf(program)).toBe("pass");
    });

    it("are gone when the restore fails", async () => {
      const [program] = programs as [DumpedProgram];
      const failing = definePlugin({
        name: "failing",
        apply: ({ stages }) =>
          stages.RESTORE.leave.tap("failing", () => {
            expect(existsSync(CGROUPS[1])).toBe(true);
            throw new Error("on purpose");
          }),
      });
      await expect(restoreProgram(program, { plugins: [failing] })).rejects.toThrow("on purpose");
      expect(existsSync(TOP)).toBe(false);
    });

    it("can have another root, and can be left alone", async () => {
      const [program] = programs as [DumpedProgram];
      await expect(restoreProgram(program, { manageCgroups: "none" })).rejects.toMatchObject({ code: "ERR_REFUSED" });
      await restoreProgram(program, { manageCgroups: "ignore" });
      expect(existsSync(TOP)).toBe(false);
    });
  },
  reason,
);
