import { testDump, testPlan, testPlugin } from "@restage/core/testing";
import { SCHED, SCHED_ATTR, SCHED_FLAG, SCHED_RESET_ON_FORK } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { scheduling as schedulingOfDump } from "../../src/attributes/scheduling/dump.ts";
import { decodeScheduling, encodeParameter, obstacleOf } from "../../src/attributes/scheduling/format.ts";
import { scheduling } from "../../src/attributes/scheduling/restore.ts";

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

  it("by deadlines, which images cannot record, is refused", async () => {
    for (const sched_policy of [SCHED.DEADLINE, SCHED.DEADLINE | SCHED_RESET_ON_FORK]) {
      const task = { pid: 7, core: { thread_core: { sched_policy } } };
      expect(await testPlan(scheduling(), { task })).toMatchObject([{ severity: "refused", pid: 7 }]);
    }
  });
});

/** struct sched_attr. */
function attributes(policy: number, { flags = 0, nice = 0, priority = 0 } = {}): Uint8Array {
  const bytes = new Uint8Array(SCHED_ATTR.size);
  const view = new DataView(bytes.buffer);
  view.setUint32(SCHED_ATTR.sched_policy, policy, true);
  view.setBigUint64(SCHED_ATTR.sched_flags, BigInt(flags), true);
  view.setInt32(SCHED_ATTR.sched_nice, nice, true);
  view.setUint32(SCHED_ATTR.sched_priority, priority, true);
  return bytes;
}

describe("the format of scheduling", () => {
  it("has a priority for real-time policies only", () => {
    expect(decodeScheduling(attributes(SCHED.RR, { priority: 50 }))).toMatchObject({ sched_policy: 2, sched_prio: 50 });
    expect(decodeScheduling(attributes(SCHED.BATCH, { nice: -5 }))).toEqual({ sched_policy: 3, sched_nice: -5 });
  });

  it("keeps the priority when it was decoded and encoded", () => {
    const saved = decodeScheduling(attributes(SCHED.FIFO, { priority: 7 }));
    expect(encodeParameter(saved)).toEqual(Uint8Array.of(7, 0, 0, 0));
  });

  it("has the flag that children do not inherit the policy as a bit of the policy", () => {
    const saved = decodeScheduling(attributes(SCHED.FIFO, { flags: SCHED_FLAG.RESET_ON_FORK }));
    expect(saved.sched_policy).toBe(SCHED.FIFO | SCHED_RESET_ON_FORK);
    expect(obstacleOf(saved)).toBeUndefined();
  });
});

describe("a checkpoint", () => {
  it("saves the policy of every thread", async () => {
    const { context } = await testDump(schedulingOfDump(), { task: { pid: 7, threads: { 71: {} } } });
    expect(context?.tree.root.threads.map(({ core }) => core.sched_policy)).toEqual([0, 0]);
  });

  it("fails where it cannot read how a thread is scheduled", async () => {
    const failures = [{ call: "sched_getattr", result: "ESRCH" }] as const;
    const { error } = await testDump(schedulingOfDump(), { task: { pid: 7 }, host: { failures } });
    expect(error).toMatchObject({ code: "ERR_SYSCALL", phase: "inspect", tid: 7 });
  });
});
