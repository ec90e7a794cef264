import { describe, expect, expectTypeOf, it } from "vitest";
import type { Call } from "../src/program/deferred.ts";
import { createRestoreHooks, type RestoreHooks, type StageHooks } from "../src/restore/hooks.ts";
import type { StageContext } from "../src/restore/stage-context.ts";
import { FAIL, type Participants, type RunStageName, STAGES, type StageName } from "../src/restore/stages.ts";
import { type RecordingKernel, rehearse, type TaskInvention } from "../src/testing/mod.ts";
import { plugin, recorder, STAGE_NAMES } from "./support.ts";

/** A process tree, and the IDs of its tasks by role. */
interface Case {
  readonly name: string;
  readonly task: TaskInvention;
  readonly root: number;
  /** Pids of all tasks, and of the tasks that survive the restore. */
  readonly tasks: readonly number[];
  readonly alive: readonly number[];
  /** Thread IDs of the surviving tasks. */
  readonly threads: readonly number[];
  /** A helper that stands in for a session leader and is not in the images. */
  readonly helper?: number;
}

const TREES: readonly Case[] = [
  { name: "one task", task: { pid: 7 }, root: 7, tasks: [7], alive: [7], threads: [7] },
  {
    name: "several tasks",
    task: { pid: 7, children: [{ pid: 8, children: [{ pid: 9 }] }, { pid: 10 }] },
    root: 7,
    tasks: [7, 8, 9, 10],
    alive: [7, 8, 9, 10],
    threads: [7, 8, 9, 10],
  },
  {
    name: "threads",
    task: { pid: 7, threads: [{ tid: 71 }, { tid: 72 }], children: [{ pid: 8, threads: [{ tid: 81 }] }] },
    root: 7,
    tasks: [7, 8],
    alive: [7, 8],
    threads: [7, 71, 72, 8, 81],
  },
  {
    name: "a zombie",
    task: { pid: 7, children: [{ pid: 8, kind: "zombie" }, { pid: 9 }] },
    root: 7,
    tasks: [7, 8, 9],
    alive: [7, 9],
    threads: [7, 9],
  },
  {
    name: "a stopped task",
    task: { pid: 7, children: [{ pid: 8, kind: "stopped" }] },
    root: 7,
    tasks: [7, 8],
    alive: [7, 8],
    threads: [7, 8],
  },
  {
    name: "a helper",
    task: { pid: 7, children: [{ pid: 8 }] },
    root: 7,
    tasks: [7, 8, 300],
    alive: [7, 8],
    threads: [7, 8],
    helper: 300,
  },
];

/** The tasks and threads whose hooks a stage calls: the meaning of `participants`. */
function takingPart(participants: Participants, tree: Case): { tasks: readonly number[]; threads: readonly number[] } {
  switch (participants) {
    case "none":
      return { tasks: [], threads: [] };
    case "root":
      return { tasks: [tree.root], threads: [] };
    case "tasks":
      return { tasks: tree.tasks, threads: [] };
    case "all":
      return { tasks: tree.tasks, threads: tree.threads };
    case "alive":
      return { tasks: tree.alive, threads: tree.threads };
  }
}

function helperPlugin({ helper, root }: Case) {
  return plugin("helper", ({ plan }) => {
    plan.tap("helper", ({ tree }) => {
      if (helper !== undefined)
        tree.addHelper({ pid: helper, sid: helper, pgid: helper }, tree.byPid(root) ?? tree.root);
    });
  });
}

async function logOf(tree: Case): Promise<string[]> {
  const log: string[] = [];
  const { error } = await rehearse({ plugins: [helperPlugin(tree), recorder(log)], task: tree.task });
  expect(error?.describe()).toBeUndefined();
  return log;
}

describe.each(TREES)("a tree with $name", (tree) => {
  it("passes every stage in order, between plan and commit", async () => {
    const log = await logOf(tree);
    const stages = log.map((line) => line.split(/[. ]/)[0]);
    const order = stages.filter((stage, index) => stage !== stages[index - 1]);
    expect(order).toEqual(["plan", ...STAGE_NAMES, "commit", "complete"]);
  });

  it.each(STAGES)("calls the hooks of $name once for each participant", async ({ name, participants }) => {
    const log = (await logOf(tree)).filter((line) => line.startsWith(`${name}.`));
    const { tasks, threads } = takingPart(participants, tree);
    const expected = [
      `${name}.enter`,
      ...tasks.map((pid) => `${name}.task ${pid}`),
      ...threads.map((tid) => `${name}.thread ${tid}`),
      `${name}.leave`,
    ];
    expect([...log].sort()).toEqual(expected.sort());
    expect(log[0]).toBe(`${name}.enter`);
    expect(log.at(-1)).toBe(`${name}.leave`);
    // The task hook comes before the hook of its leader thread, which records into the same program.
    for (const pid of tasks.filter((each) => threads.includes(each))) {
      expect(log.indexOf(`${name}.task ${pid}`)).toBeLessThan(log.indexOf(`${name}.thread ${pid}`));
    }
  });

  it("reports every stage and its number of participants to the listener", async () => {
    const { events } = await rehearse({ plugins: [helperPlugin(tree)], task: tree.task });
    const started = events.filter((event) => event.kind === "stage-started");
    expect(started.map(({ stage }) => stage)).toEqual(STAGE_NAMES);
    expect(started.map(({ participants }) => participants)).toEqual(
      STAGES.map(({ participants }) => takingPart(participants, tree).tasks.length),
    );
    expect(events.filter(({ kind }) => kind === "stage-left")).toHaveLength(STAGES.length);
    expect(events.at(-1)?.kind).not.toBe("failed");
  });

  it("resumes every surviving thread with its state, and none before the commit", async () => {
    const resumedEarly: string[] = [];
    const watch = plugin("watch", ({ stages, commit }) => {
      const note = ({ host }: StageContext): void => {
        const { records } = host.kernel as RecordingKernel;
        resumedEarly.push(...records.map(({ kind }) => kind).filter((kind) => kind === "resume"));
      };
      for (const stage of STAGE_NAMES) stages[stage].leave.tap("watch", note);
      commit.tap("watch", note);
    });
    const { kernel, restored } = await rehearse({ plugins: [helperPlugin(tree), watch], task: tree.task });
    expect(resumedEarly).toEqual([]);
    expect([...kernel.resumed].sort()).toEqual([...tree.threads].sort());
    expect([...kernel.finalStates.keys()].sort()).toEqual([...tree.threads].sort());
    expect(restored?.pid).toBe(tree.root);
    const kinds = kernel.records.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "dismiss-undo")).toHaveLength(1);
    expect(kinds).not.toContain("kill-all");
    expect(kinds).not.toContain("run-undo");
  });

  it("runs each program in the task that it was recorded for", async () => {
    const calls = plugin("calls", ({ stages }) => {
      stages.RESTORE.task.tap("calls", (task) => void task.call.getpid());
      stages.RESTORE.thread.tap("calls", (thread) => void thread.call.gettid());
    });
    const { lines } = await rehearse({ plugins: [helperPlugin(tree), calls], task: tree.task });
    const made = (text: string) =>
      lines.filter((line) => line.plugin === "calls" && line.text === text).map(({ who }) => who);
    expect(made("getpid()").sort()).toEqual([...tree.tasks].sort());
    expect(made("gettid()").sort()).toEqual([...tree.threads].sort());
  });
});

describe("the table of stages", () => {
  it("has CRIU's values: 0 to 6 in order, and -1 for FAIL", () => {
    expect(STAGES.map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(FAIL).toMatchObject({ value: -1, participants: "none" });
  });

  it("defines four hooks for each stage", () => {
    const { stages } = createRestoreHooks();
    expect(Object.keys(stages)).toEqual(STAGE_NAMES);
    for (const name of STAGE_NAMES)
      expect(Object.keys(stages[name]).sort()).toEqual(["enter", "leave", "task", "thread"]);
  });

  it("has types that reject a stage without hooks at compile time", () => {
    expectTypeOf<StageName>().toEqualTypeOf<RunStageName | "FAIL">();
    expectTypeOf<keyof RestoreHooks["stages"]>().toEqualTypeOf<RunStageName>();
    type WithoutOne = Omit<Record<RunStageName, StageHooks>, "COMPLETE">;
    // @ts-expect-error hooks of a stage are missing
    const stages: RestoreHooks["stages"] = {} as WithoutOne;
    // @ts-expect-error FAIL runs no hooks of its own
    expect(createRestoreHooks().stages.FAIL).toBeUndefined();
    expect(stages).toEqual({});
  });
});

describe("the types of calls", () => {
  it("reject arguments that the kernel does not take", () => {
    const check = (call: Parameters<Parameters<RestoreHooks["stages"]["RESTORE"]["task"]["tap"]>[1]>[0]["call"]) => {
      expectTypeOf(call.umask).returns.toEqualTypeOf<Call>();
      // @ts-expect-error a path is not a number
      call.chdir(3);
      // @ts-expect-error the first argument is required
      call.close();
      // @ts-expect-error setsid takes no arguments
      call.setsid(1);
      // @ts-expect-error there is no such call
      call.fork();
      // @ts-expect-error a pipe returns two ends, not a result
      call.pipe2(0).expect(0);
    };
    expect(check).toBeTypeOf("function");
  });

  it("make entries read-only", () => {
    const check = ({ entries }: RestoreHooks) => {
      entries.reg_files.tap("x", (entry) => {
        // @ts-expect-error a tap must return a new entry
        entry.name = "/x";
        return { ...entry, name: "/x" };
      });
      // @ts-expect-error there is no such kind
      entries.nothing.tap("x", () => {});
    };
    expect(check).toBeTypeOf("function");
  });
});
