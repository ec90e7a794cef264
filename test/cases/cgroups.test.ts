import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { definePlugin } from "@restage/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  type DumpedProgram,
  describeDumped,
  dumpProgram,
  forget,
  restoreProgram,
  restoreThatDies,
  until,
  verdictOf,
} from "./case.ts";

const HIERARCHY = "/sys/fs/cgroup/pids";
const TOP = `${HIERARCHY}/restage-${process.pid}`;
const CGROUPS = [`${TOP}/parent`, `${TOP}/child`] as const;

const reason = existsSync(`${HIERARCHY}/cgroup.procs`) ? undefined : `the pids controller is not at ${HIERARCHY}`;
if (reason !== undefined) console.warn(`skipped: cgroups (${reason})`);

/** Tasks that have been killed are in their cgroups for a moment more; says who stays. */
async function removeCgroup(path: string): Promise<void> {
  for (let tries = 0; existsSync(path); tries++) {
    try {
      rmdirSync(path);
    } catch (error) {
      if (tries === 100) {
        const members = readFileSync(`${path}/cgroup.procs`, "utf8").trim().replaceAll("\n", ", ");
        throw new Error(`${path} cannot be removed; in it: ${members || "nobody"}`, { cause: error });
      }
      await sleep(50);
    }
  }
}

async function removeCgroups(): Promise<void> {
  for (const path of [...CGROUPS, TOP]) await removeCgroup(path);
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

    it("are gone when the coordinator is killed", async () => {
      const [program] = programs as [DumpedProgram];
      const [node, ...words] = restoreThatDies(program, "RESTORE_CREDS");
      const { signal, stderr } = spawnSync(node, words, { encoding: "utf8", timeout: 60_000 });
      expect(signal, stderr).toBe("SIGKILL");
      await until(() => !existsSync(TOP), "the janitor has taken them away");
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

/** Files of cgroups in all hierarchies, below a name of ours: paths from the hierarchy, and what is written to them. */
const SETTINGS = [
  ["memory", "memory.limit_in_bytes", "67108864"],
  ["memory/inner", "memory.limit_in_bytes", "33554432"],
  ["memory/inner", "memory.swappiness", "10"],
  ["memory/empty", "memory.limit_in_bytes", "16777216"],
  ["cpu", "cpu.shares", "512"],
  ["cpuset", "cpuset.cpus", "0"],
  ["cpuset", "cpuset.mems", "0"],
  ["cpuset/inner", "cpuset.cpus", "0"],
  ["cpuset/inner", "cpuset.mems", "0"],
  ["devices/inner", "devices.deny", "a"],
  ["devices/inner", "devices.allow", "c 1:3 rwm"],
  ["pids/inner", "pids.max", "99"],
  ["freezer", "freezer.state", "THAWED"],
  ["systemd", "notify_on_release", "0"],
  ["unified/inner", "cgroup.max.depth", "3"],
] as const;
/** The one that everything of these tests is in, in each hierarchy. */
const OURS = `restage-settings-${randomUUID()}`;
const ROOT = "/sys/fs/cgroup";

function directoryOf(path: string): string {
  const [hierarchy = "", ...names] = path.split("/");
  return [ROOT, hierarchy, OURS, ...names].join("/");
}

const PLACES = [...new Set(SETTINGS.map(([path]) => path))];
const lacking = PLACES.map((path) => path.split("/")[0] ?? "").find(
  (name) => !existsSync(`${ROOT}/${name}/cgroup.procs`),
);
const noSettings = lacking === undefined ? undefined : `${ROOT}/${lacking} is not there`;

/** What was set, as it is now. */
function readSettings(): readonly string[] {
  return SETTINGS.map(([path, name]) => {
    const file = name.startsWith("devices.") ? "devices.list" : name;
    return `${path}/${file} ${readFileSync(`${directoryOf(path)}/${file}`, "utf8")}`;
  });
}

if (noSettings !== undefined) console.warn(`skipped: settings of cgroups (${noSettings})`);

describeDumped(
  "cgroups of all hierarchies",
  () => {
    const programs: DumpedProgram[] = [];
    const all = [...new Set(PLACES.flatMap((path) => [path.split("/")[0] ?? "", path]))].map(directoryOf);
    const removeAll = async () => {
      for (const path of [...all].reverse()) await removeCgroup(path);
    };
    beforeEach(async () => {
      for (const path of all) mkdirSync(path);
      // In the order of the list: a cpuset has to have processors before those in it.
      for (const [path, name, value] of SETTINGS) writeFileSync(`${directoryOf(path)}/${name}`, value);
      chownSync(directoryOf("pids/inner"), 1000, 1001);
      chmodSync(directoryOf("pids/inner"), 0o710);
      const lines = [
        ...[
          "memory/inner",
          "cpu",
          "cpuset/inner",
          "devices/inner",
          "pids/inner",
          "freezer",
          "systemd",
          "unified/inner",
        ].map((path) => `parent ${directoryOf(path)}`),
        ...["memory", "pids", "cpuset"].map((path) => `child ${directoryOf(path)}`),
        `thread ${directoryOf("pids")}`,
      ];
      const prepare = (directory: string) => writeFileSync(join(directory, "cgroups"), `${lines.join("\n")}\n`);
      programs.push(
        await dumpProgram(join(import.meta.dirname, "cgroup-settings"), () => ["--manage-cgroups"], prepare),
      );
    });
    afterEach(async () => {
      for (const program of programs.splice(0)) forget(program);
      await removeAll();
    });

    it("come back with settings, owners, and who was in them", async () => {
      const [program] = programs as [DumpedProgram];
      const before = readSettings();
      await removeAll();
      await restoreProgram(program);
      expect(readSettings()).toEqual(before);
      const { uid, gid, mode } = statSync(directoryOf("pids/inner"));
      expect([uid, gid, mode & 0o777]).toEqual([1000, 1001, 0o710]);
      expect(await verdictOf(program)).toBe("pass");
    });

    it("get back what they had when a restore fails that changed them", async () => {
      const [program] = programs as [DumpedProgram];
      writeFileSync(`${directoryOf("memory")}/memory.limit_in_bytes`, "134217728");
      const before = readSettings();
      const failing = definePlugin({
        name: "failing",
        apply: ({ commit }) =>
          commit.tap("failing", () => {
            expect(readSettings()).not.toEqual(before);
            throw new Error("on purpose");
          }),
      });
      await expect(restoreProgram(program, { plugins: [failing], manageCgroups: "full" })).rejects.toThrow(
        "on purpose",
      );
      expect(readSettings()).toEqual(before);
      await restoreProgram(program);
      expect(readSettings()).toEqual(before);
    });

    it("are gone when the coordinator is killed", async () => {
      const [program] = programs as [DumpedProgram];
      await removeAll();
      const [node, ...words] = restoreThatDies(program, "RESTORE_CREDS");
      const { signal, stderr } = spawnSync(node, words, { encoding: "utf8", timeout: 60_000 });
      expect(signal, stderr).toBe("SIGKILL");
      await until(() => !all.some((path) => existsSync(path)), "the janitor has taken them away");
    });

    it("get back what they had when the coordinator is killed", async () => {
      const [program] = programs as [DumpedProgram];
      writeFileSync(`${directoryOf("memory")}/memory.limit_in_bytes`, "134217728");
      const before = readSettings();
      const [node, ...words] = restoreThatDies(program, "RESTORE_CREDS", { manageCgroups: "full" });
      const { signal, stderr } = spawnSync(node, words, { encoding: "utf8", timeout: 60_000 });
      expect(signal, stderr).toBe("SIGKILL");
      await until(() => readSettings().join() === before.join(), "the janitor has set them back");
    });
  },
  noSettings,
);
