import { testDump } from "@restage/core/testing";
import { taskState } from "@restage/images";
import { SIG } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { processTree } from "../../src/tree/process-tree/dump.ts";

describe("a checkpoint", () => {
  it.each([
    ["a root task that leads neither its session nor its process group", { pid: 7, sid: 5, pgid: 5 }, /session \(5\)/],
    ["a root task that does not lead its process group", { pid: 7, sid: 7, pgid: 5 }, /process group \(5\)/],
  ])("refuses %s, without --shell-job", async (_what, task, why) => {
    const { findings } = await testDump(processTree(), { task });
    expect(findings).toMatchObject([{ severity: "refused", pid: 7 }]);
    expect(findings[0]?.why).toMatch(why);
    expect((await testDump(processTree(), { task, options: { shellJob: true } })).findings).toEqual([]);
  });

  it("saves whether a task was stopped, and by which signal", async () => {
    const child = { pid: 8, leader: { stopSignal: SIG.TSTP } };
    const { context } = await testDump(processTree(), { task: { pid: 7, children: [child] } });
    const states = context?.tree.tasks.map(({ core }) => [core.task_state, core.stop_signo]);
    expect(states).toEqual([
      [taskState.ALIVE, undefined],
      [taskState.STOPPED, SIG.TSTP],
    ]);
  });
});
