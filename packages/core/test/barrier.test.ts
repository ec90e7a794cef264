import { describe, expect, it } from "vitest";
import { RestoreError } from "../src/errors.ts";
import { Barrier, NotStarted, type Participant } from "../src/restore/barrier.ts";
import { STAGES } from "../src/restore/stages.ts";
import { rehearse } from "../src/testing/mod.ts";
import { failureOf, never, plugin, recorder, sleep } from "./support.ts";

const RESTORE = STAGES[3];

function participant(pid: number, tap?: string): Participant {
  return { name: `task ${pid}`, pid, plugin: () => tap };
}

describe("a barrier", () => {
  it("opens at once when nobody takes part", async () => {
    await expect(new Barrier(RESTORE, 10).confirmed()).resolves.toBeUndefined();
  });

  it("waits for every participant", async () => {
    const barrier = new Barrier(RESTORE, 1000);
    const done: number[] = [];
    for (const pid of [30, 10, 20])
      barrier.add(
        participant(pid),
        sleep(pid).then(() => void done.push(pid)),
      );
    await barrier.confirmed();
    expect(done.sort()).toEqual([10, 20, 30]);
  });

  it("waits for the other participants before it reports every failure", async () => {
    const barrier = new Barrier(RESTORE, 1000);
    let last = false;
    barrier.add(participant(1, "files"), Promise.reject(new Error("one")));
    barrier.add(participant(2, "memory"), Promise.reject(new RestoreError("ERR_SYSCALL", "two")));
    barrier.add(
      participant(3),
      sleep(30).then(() => {
        last = true;
      }),
    );
    const error = await failureOf(barrier.confirmed());
    expect(last).toBe(true);
    expect(error).toMatchObject({ code: "ERR_STAGE", stage: "RESTORE" });
    expect(
      error.failures.map(({ code, message, pid, plugin, stage }) => ({ code, message, pid, plugin, stage })),
    ).toEqual([
      { code: "ERR_PLUGIN", message: "one", pid: 1, plugin: "files", stage: "RESTORE" },
      { code: "ERR_SYSCALL", message: "two", pid: 2, plugin: "memory", stage: "RESTORE" },
    ]);
  });

  it("reports a single failure unwrapped", async () => {
    const barrier = new Barrier(RESTORE, 1000);
    const failure = new RestoreError("ERR_TASK_DIED", "gone", { plugin: "threads" });
    barrier.add(participant(1, "files"), Promise.reject(failure));
    barrier.add(participant(2), Promise.resolve());
    // The failure already names its plugin, which is more precise than the tap that the barrier waited for.
    expect(await failureOf(barrier.confirmed())).toMatchObject({
      code: "ERR_TASK_DIED",
      message: "gone",
      plugin: "threads",
      pid: 1,
    });
  });

  it("does not report a task that never started because its parent failed", async () => {
    const barrier = new Barrier(RESTORE, 1000);
    barrier.add(participant(1), Promise.reject(new Error("parent")));
    barrier.add(participant(2), Promise.reject(new NotStarted("child")));
    expect((await failureOf(barrier.confirmed())).message).toBe("parent");
  });

  it("waits for a participant that joins late", async () => {
    const barrier = new Barrier(RESTORE, 1000);
    const late = sleep(20).then(() => {
      throw new Error("the thread");
    });
    barrier.add(
      participant(1),
      sleep(5).then(() => barrier.add({ ...participant(1), tid: 2 }, late)),
    );
    expect(await failureOf(barrier.confirmed())).toMatchObject({ message: "the thread", pid: 1, tid: 2 });
  });

  it("names each participant that has not confirmed in time, and the tap it is in", async () => {
    const barrier = new Barrier(RESTORE, 40);
    barrier.add(participant(1, "files"), never());
    barrier.add(participant(2), Promise.resolve());
    barrier.add(participant(3), never());
    barrier.add(participant(4), Promise.reject(new Error("four")));
    const error = await failureOf(barrier.confirmed());
    expect(error.failures.map(({ code, pid, plugin }) => ({ code, pid, plugin }))).toEqual([
      { code: "ERR_PLUGIN", pid: 4, plugin: undefined },
      { code: "ERR_TASK_STUCK", pid: 1, plugin: "files" },
      { code: "ERR_TASK_STUCK", pid: 3, plugin: undefined },
    ]);
    expect(error.failures[1]?.message).toMatch(/RESTORE.*task 1.*40 ms.*files/);
  });

  it("restarts its time limit at each confirmation", async () => {
    const barrier = new Barrier(RESTORE, 60);
    const start = performance.now();
    for (const pid of [40, 80, 120, 160]) barrier.add(participant(pid), sleep(pid));
    await expect(barrier.confirmed()).resolves.toBeUndefined();
    expect(performance.now() - start).toBeGreaterThan(150);
  });
});

describe("a stage", () => {
  const failing = plugin("failing", ({ stages }) => {
    stages.RESTORE.task.tap("failing", ({ pid }) => {
      if (pid !== 9) throw new Error(`no ${pid}`);
    });
  });

  it("reports the failure of each task", async () => {
    const log: string[] = [];
    const task = { pid: 7, children: [{ pid: 8 }, { pid: 9 }] };
    const { error } = await rehearse({ plugins: [failing, recorder(log)], task });
    expect(error).toMatchObject({ code: "ERR_STAGE", stage: "RESTORE" });
    expect(error?.failures.map(({ message, pid, plugin, stage }) => ({ message, pid, plugin, stage }))).toEqual([
      { message: "no 7", pid: 7, plugin: "failing", stage: "RESTORE" },
      { message: "no 8", pid: 8, plugin: "failing", stage: "RESTORE" },
    ]);
    // The third task confirmed, but no task leaves the stage.
    expect(log).toContain("RESTORE.task 9");
    expect(log).not.toContain("RESTORE.leave");
    expect(log.at(-1)).toBe("abort");
  });

  it("reports two failed threads of one task, each with its thread ID", async () => {
    const inThreads = plugin("in-threads", ({ stages }) => {
      stages.RESTORE_CREDS.thread.tapPromise("in-threads", async ({ tid }) => {
        await sleep(1);
        if (tid !== 7) throw new Error(`no ${tid}`);
      });
    });
    const { error } = await rehearse({ plugins: [inThreads], task: { pid: 7, threads: [{ tid: 71 }, { tid: 72 }] } });
    expect(error?.failures.map(({ pid, tid }) => [pid, tid])).toEqual([
      [7, 71],
      [7, 72],
    ]);
  });

  it("names the plugin whose task tap never settles", async () => {
    const stuck = plugin("stuck", ({ stages }) => {
      stages.FORKING.task.tapPromise("stuck", ({ pid }) => (pid === 8 ? never() : sleep(1)));
    });
    const task = { pid: 7, children: [{ pid: 8 }, { pid: 9 }] };
    const { error } = await rehearse({ plugins: [stuck], task, options: { timeout: 30 } });
    expect(error).toMatchObject({ code: "ERR_TASK_STUCK", stage: "FORKING", pid: 8, plugin: "stuck" });
    expect(error?.message).toMatch(/task 8.*stuck/);
  });

  it.each(["enter", "leave"] as const)("names the plugin whose tap of %s never settles", async (hook) => {
    const stuck = plugin("stuck", ({ stages }) => {
      stages.PREPARE_NAMESPACES[hook].tap("quick", () => {});
      stages.PREPARE_NAMESPACES[hook].tapPromise("stuck", never);
    });
    const { error, kernel } = await rehearse({ plugins: [stuck], options: { timeout: 20 } });
    expect(error).toMatchObject({ code: "ERR_TASK_STUCK", stage: "PREPARE_NAMESPACES", plugin: "stuck" });
    expect(kernel.records.map(({ kind }) => kind)).toContain("kill-all");
  });

  it.each(["plan", "commit"] as const)("names the plugin whose tap of %s never settles", async (hook) => {
    const stuck = plugin("stuck", (hooks) => hooks[hook].tapPromise("stuck", never));
    const { error } = await rehearse({ plugins: [stuck], options: { timeout: 20 } });
    expect(error).toMatchObject({ code: "ERR_TASK_STUCK", plugin: "stuck" });
  });
});
