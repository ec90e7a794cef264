import { testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { limits } from "../../src/attributes/limits/restore.ts";
import { processAttributes } from "../../src/attributes/process/restore.ts";
import { scheduling } from "../../src/attributes/scheduling/restore.ts";
import { fs } from "../../src/files/fs/restore.ts";
import { regularFiles } from "../../src/files/regular-file/restore.ts";

const INFINITY = 0xffff_ffff_ffff_ffffn;
/** Without CAP_SYS_RESOURCE. */
const POOR = { "/proc/self/status": "CapEff:\t0000000000000000" };

describe("limits", () => {
  const task = {
    pid: 7,
    core: {
      tc: {
        rlimits: {
          rlimits: [
            { cur: 5n, max: INFINITY },
            { cur: INFINITY, max: INFINITY },
          ],
        },
      },
    },
  };

  it("are set in their order", async () => {
    expect(await testPlugin(limits(), { task })).toEqual([
      "7 RESTORE limits: prlimit64(0, RLIMIT_CPU, {5, INFINITY}, NULL)",
      "7 RESTORE limits: prlimit64(0, RLIMIT_FSIZE, {INFINITY, INFINITY}, NULL)",
    ]);
  });

  it("that may not be raised stay at what may be set, and the plan says so", async () => {
    const line = (name: string, hard: string) => `${name.padEnd(26)}${"0".padEnd(21)}${hard.padEnd(21)}seconds`;
    const texts = {
      ...POOR,
      "/proc/self/limits": [line("Max cpu time", "3"), line("Max file size", "unlimited")].join("\n"),
    };
    expect(await testPlan(limits(), { task, host: { texts } })).toMatchObject([
      { severity: "warning", what: "RLIMIT_CPU", pid: 7 },
    ]);
    expect(await testPlugin(limits(), { task, host: { texts } })).toEqual([
      "7 RESTORE limits: prlimit64(0, RLIMIT_CPU, {3, 3}, NULL)",
      "7 RESTORE limits: prlimit64(0, RLIMIT_FSIZE, {INFINITY, INFINITY}, NULL)",
    ]);
  });
});

describe("scheduling", () => {
  it("is that of each thread", async () => {
    const task = {
      pid: 7,
      core: { thread_core: { sched_nice: -5 } },
      threads: [{ tid: 71, core: { thread_core: { sched_nice: 3, sched_policy: 1, sched_prio: 50 } } }],
    };
    const lines = await testPlugin(scheduling(), { task });
    expect(lines).toContain("7 RESTORE scheduling: setpriority(0, 0, -5)");
    expect(lines).toContain("71 RESTORE scheduling: setpriority(0, 0, 3)");
    expect(lines).toContain("71 RESTORE scheduling: sched_setscheduler(0, 1, [32000000])");
  });

  it("by deadlines, which images do not have, is refused", async () => {
    const task = { pid: 7, core: { thread_core: { sched_policy: 6 } } };
    expect(await testPlan(scheduling(), { task })).toMatchObject([{ severity: "refused", pid: 7 }]);
  });
});

describe("process attributes", () => {
  it("are written where they differ from this process's, with which tasks begin", async () => {
    const task = { pid: 7, core: { tc: { oom_score_adj: 100, loginuid: 1000 } } };
    const texts = { "/proc/self/oom_score_adj": "100", "/proc/self/loginuid": "4294967295" };
    const all = (await testPlugin(processAttributes(), { stage: "RESTORE", task })).join("\n");
    expect(all).toContain("/proc/self/oom_score_adj");
    expect(all).toContain("/proc/self/loginuid");
    const some = (await testPlugin(processAttributes(), { stage: "RESTORE", task, host: { texts } })).join("\n");
    expect(some).not.toContain("oom_score_adj");
    expect(some).toContain("/proc/self/loginuid");
  });

  it("have membarrier registrations one by one", async () => {
    const lines = await testPlugin(processAttributes(), {
      stage: "RESTORE",
      task: { core: { tc: { membarrier_registration_mask: 0b10010 } } },
    });
    expect(lines.map((line) => line.split(": ")[1])).toEqual(["membarrier(0x2, 0, 0)", "membarrier(0x10, 0, 0)"]);
  });
});

describe("fs", () => {
  const run = (root: string) => {
    const files = [
      { id: 3, reg: { name: "/srv/app" } },
      { id: 4, reg: { name: root } },
    ];
    return testPlugin(fs(), {
      with: [regularFiles()],
      files,
      task: { pid: 7, fs: { cwd_id: 3, root_id: 4, umask: 0o27 } },
    });
  };

  it("changes directories and umask", async () => {
    expect(await run("/")).toEqual(['7 RESTORE fs: chdir("/srv/app")', "7 RESTORE fs: umask(027)"]);
  });

  it("changes the root after the working directory, whose path is seen from the old one", async () => {
    expect(await run("/jail")).toEqual([
      '7 RESTORE fs: chdir("/srv/app")',
      '7 RESTORE fs: chroot("/jail")',
      "7 RESTORE fs: umask(027)",
    ]);
  });
});
