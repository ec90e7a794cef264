import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { definePlugin } from "@restage/core";
import { cgroup } from "@restage/plugins";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { end } from "../support/end.ts";
import { failingAfter } from "../support/failing-after.ts";
import { run } from "../support/restage.ts";
import { until } from "../support/until.ts";
import { type DumpedProgram, dumpCase, restoreProgram, restoreThatDies, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

const HIERARCHY = "/sys/fs/cgroup/pids";
/** Cgroups and hierarchies belong to the machine, not to the namespaces of a test run. */
const NAME = `restage-${randomUUID().slice(0, 8)}`;
/** Names of cgroups can be any bytes but those of line ends. */
const TOP = `${HIERARCHY}/${NAME}-grün`;
const CGROUPS = [`${TOP}/parent`, `${TOP}/child`] as const;

const noPids = existsSync(`${HIERARCHY}/cgroup.procs`) ? undefined : `needs the pids controller at ${HIERARCHY}`;

/** Removes a cgroup. Killed tasks stay in it for a moment; names the tasks that stay longer. */
async function removeCgroup(path: string): Promise<void> {
  for (let tries = 0; existsSync(path); tries++) {
    try {
      rmdirSync(path);
    } catch (error) {
      if (tries === 100) {
        const members = readFileSync(`${path}/cgroup.procs`, "utf8").trim().replaceAll("\n", ", ");
        throw new Error(`Cannot remove ${path}: its members are ${members || "none"}`, { cause: error });
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
    let program: DumpedProgram;
    beforeEach(async () => {
      for (const path of [TOP, ...CGROUPS]) mkdirSync(path);
      onTestFinished(removeCgroups);
      writeFileSync(`${CGROUPS[1]}/pids.max`, "77");
      program = await dumpCase("cgroups", {
        flags: ["--manage-cgroups"],
        prepare: (directory) => writeFileSync(join(directory, "cgroups"), `${CGROUPS.join("\n")}\n`),
      });
      await removeCgroups();
    });

    it("are created again with their settings, and each task is in its own cgroup", async () => {
      await restoreProgram(program);
      expect(readFileSync(`${CGROUPS[1]}/pids.max`, "utf8")).toBe("77\n");
      expect(await verdictOf(program)).toBe("pass");
    });

    it("are replaced by the one that a ready-made plugin chooses (cgroup)", async () => {
      const chosen = `${TOP}-chosen`;
      mkdirSync(chosen);
      const members = () => readFileSync(`${chosen}/cgroup.procs`, "utf8").split("\n").filter(Boolean).map(Number);
      onTestFinished(async () => {
        await end(...members());
        await removeCgroup(chosen);
      });
      const plugin = cgroup(chosen.slice(HIERARCHY.length), { hierarchies: ["pids"] });
      await restoreProgram(program, { plugins: [plugin] });
      expect(members()).toContain(program.pid);
      expect(members().length).toBeGreaterThan(1);
      expect(existsSync(TOP)).toBe(false);
    });

    it("are removed when the restore fails", async () => {
      const failing = failingAfter("RESTORE", () => expect(existsSync(CGROUPS[1])).toBe(true));
      await expect(restoreProgram(program, { plugins: [failing] })).rejects.toThrow("on purpose");
      expect(existsSync(TOP)).toBe(false);
    });

    it("are removed when the coordinator is killed", async () => {
      const { signal, stderr } = run(restoreThatDies(program, "RESTORE_CREDS"));
      expect(signal, stderr).toBe("SIGKILL");
      await until(() => !existsSync(TOP), "the janitor has removed the cgroups");
    });

    it("are refused or left alone if the caller says so", async () => {
      await expect(restoreProgram(program, { manageCgroups: "none" })).rejects.toMatchObject({ code: "ERR_REFUSED" });
      await restoreProgram(program, { manageCgroups: "ignore" });
      expect(existsSync(TOP)).toBe(false);
    });
  },
  noPids,
);

/** Cgroups as paths from /sys/fs/cgroup, without the part that is our own, with a file and its content. */
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
/** In each hierarchy, the cgroup that holds all the others of these tests. */
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
const noHierarchies = lacking === undefined ? undefined : `needs the cgroup hierarchy ${ROOT}/${lacking}`;

/** The current content of each setting's file. */
function readSettings(): readonly string[] {
  return SETTINGS.map(([path, name]) => {
    const file = name.startsWith("devices.") ? "devices.list" : name;
    return `${path}/${file} ${readFileSync(`${directoryOf(path)}/${file}`, "utf8")}`;
  });
}

describeDumped(
  "cgroups of every hierarchy",
  () => {
    let program: DumpedProgram;
    const all = [...new Set(PLACES.flatMap((path) => [path.split("/")[0] ?? "", path]))].map(directoryOf);
    const removeAll = async () => {
      for (const path of [...all].reverse()) await removeCgroup(path);
    };
    beforeEach(async () => {
      for (const path of all) mkdirSync(path);
      onTestFinished(removeAll);
      // In the order of the list: a cpuset needs processors before its inner cpusets.
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
      program = await dumpCase("cgroup-settings", {
        flags: ["--manage-cgroups"],
        prepare: (directory) => writeFileSync(join(directory, "cgroups"), `${lines.join("\n")}\n`),
      });
    });

    it("are restored with settings, owners and members", async () => {
      const before = readSettings();
      await removeAll();
      await restoreProgram(program);
      expect(readSettings()).toEqual(before);
      const { uid, gid, mode } = statSync(directoryOf("pids/inner"));
      expect([uid, gid, mode & 0o777]).toEqual([1000, 1001, 0o710]);
      expect(await verdictOf(program)).toBe("pass");
    });

    it("get their previous settings back when a restore that changed them fails", async () => {
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

    it("are removed when the coordinator is killed", async () => {
      await removeAll();
      const { signal, stderr } = run(restoreThatDies(program, "RESTORE_CREDS"));
      expect(signal, stderr).toBe("SIGKILL");
      await until(() => !all.some((path) => existsSync(path)), "the janitor has removed the cgroups");
    });

    it("get their previous settings back when the coordinator is killed", async () => {
      writeFileSync(`${directoryOf("memory")}/memory.limit_in_bytes`, "134217728");
      const before = readSettings();
      const { signal, stderr } = run(restoreThatDies(program, "RESTORE_CREDS", { manageCgroups: "full" }));
      expect(signal, stderr).toBe("SIGKILL");
      await until(() => readSettings().join() === before.join(), "the janitor has reset the settings");
    });
  },
  noHierarchies,
);

/** Mounts a hierarchy without controllers in a directory. It exists as long as it is mounted or has cgroups. */
function mountNamed(directory: string): void {
  const { status, stderr } = spawnSync("mount", ["-t", "cgroup", "-o", `none,name=${NAME}`, "none", directory]);
  expect(status, String(stderr)).toBe(0);
}

function mountedHierarchies(): readonly string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(NAME));
}

describeDumped("a cgroup namespace", () => {
  it("is restored, also for a tree in the cgroups of the program that saved it (cgroup-namespace)", async () => {
    const prepare = (directory: string) =>
      writeFileSync(join(directory, "outside"), readlinkSync("/proc/self/ns/cgroup"));
    const program = await dumpCase("cgroup-namespace", { prepare, flags: ["--manage-cgroups"] });
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeDumped("cgroups of a hierarchy that is not mounted here", () => {
  let program: DumpedProgram;
  let directory = "";
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "hierarchy-"));
    mountNamed(directory);
    const cgroups = ["restage-one", "restage-two"].map((name) => join(directory, name));
    onTestFinished(async () => {
      mountNamed(directory);
      for (const path of cgroups) await removeCgroup(path);
      spawnSync("umount", [directory]);
      rmdirSync(directory);
    });
    for (const path of cgroups) mkdirSync(path);
    program = await dumpCase("cgroups", {
      flags: ["--manage-cgroups"],
      prepare: (place) => writeFileSync(join(place, "cgroups"), `${cgroups.join("\n")}\n`),
    });
    for (const path of cgroups) await removeCgroup(path);
    spawnSync("umount", [directory]);
  });

  it("are restored, and nothing stays mounted", async () => {
    await restoreProgram(program);
    expect(mountedHierarchies()).toEqual([]);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("are restored in the caller's yard, also by a relative path", async () => {
    const yard = mkdtempSync(join(tmpdir(), "yard-"));
    onTestFinished(() => rmdirSync(yard));
    await restoreProgram(program, { cgroupYard: relative(process.cwd(), yard) });
    expect(mountedHierarchies()).toEqual([]);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("are removed and unmounted when the coordinator is killed", async () => {
    const { signal, stderr } = run(restoreThatDies(program, "RESTORE_CREDS"));
    expect(signal, stderr).toBe("SIGKILL");
    await until(() => mountedHierarchies().length === 0, "the janitor has unmounted the hierarchy");
    // The kernel keeps the hierarchy if cgroups were in it a moment ago.
    mountNamed(directory);
    onTestFinished(() => void spawnSync("umount", [directory]));
    expect(readdirSync(directory).filter((name) => name.startsWith("restage-"))).toEqual([]);
  });
});
