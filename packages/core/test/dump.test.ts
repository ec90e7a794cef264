import { describe, expect, it } from "vitest";
import { PHASES } from "../src/dump/phases.ts";
import { type DumpPluginContext, definePlugin, type Plugin } from "../src/plugin/plugin.ts";
import { output } from "../src/program/deferred.ts";
import { rehearseDump, testDump } from "../src/testing/mod.ts";
import { never } from "./support.ts";

const task = {
  pid: 7,
  comm: "root",
  threads: { 8: {} },
  children: [
    { pid: 9, comm: "child" },
    { pid: 10, exitCode: 256 },
  ],
};

/** A plugin for checkpoints, in one line. */
function plugin(name: string, dump: (context: DumpPluginContext) => void, more: Partial<Plugin> = {}): Plugin {
  return definePlugin({ name, ...more, dump });
}

/** Taps every hook of every phase, and logs each call. */
function recorder(log: string[], name = "recorder"): Plugin {
  return plugin(name, ({ phases, filesDescribed }) => {
    for (const { name: phase } of PHASES) {
      phases[phase].tree.tap(name, () => void log.push(`${phase}.tree`));
      phases[phase].task.tap(name, ({ pid }) => void log.push(`${phase}.task ${pid}`));
      phases[phase].thread.tap(name, ({ tid }) => void log.push(`${phase}.thread ${tid}`));
    }
    filesDescribed.tap(name, () => void log.push("filesDescribed"));
  });
}

describe("a checkpoint", () => {
  it("runs its phases in order, each for the tree, its live tasks and their threads", async () => {
    const log: string[] = [];
    const { dumped, error } = await testDump(recorder(log), { task });
    expect(error).toBeUndefined();
    expect(dumped?.tasks).toEqual([7, 9, 10]);
    const views = ["tree", "task 7", "thread 7", "thread 8", "task 9", "thread 9"];
    const expected = PHASES.flatMap(({ name }) => [
      ...views.map((view) => `${name}.${view}`),
      ...(name === "inspect" ? ["filesDescribed"] : []),
    ]);
    expect(log).toEqual(expected);
  });

  it("reports each phase, each tap with its plugin, and the end to its listener", async () => {
    const tap = plugin("mine", ({ phases }) => phases.collect.tree.tap("mine", () => {}), { duty: "own" });
    const { events } = await testDump(tap, { task });
    const kinds = events
      .filter(({ kind }) => kind !== "tap")
      .map((event) => ("phase" in event ? event.phase : event.kind));
    expect(kinds).toEqual([...PHASES.flatMap(({ name }) => [name, name]), "thawed", "saved"]);
    expect(events).toContainEqual(expect.objectContaining({ kind: "tap", hook: "collect.tree", plugin: "own" }));
  });

  it("kills the tree once its images are complete, or resumes it before they are written", async () => {
    const kinds = async (leaveRunning: boolean) => {
      const writer = plugin("writer", ({ phases }) => {
        phases.write.tree.tap("writer", (_tree, { images }) => {
          images.add("utsns", 1, { value: { nodename: "host", domainname: "" } });
        });
      });
      const { kernel } = await testDump(writer, { task, options: { leaveRunning } });
      return kernel.records.filter(({ kind }) => kind === "host-file" || kind === "release");
    };
    expect((await kinds(false)).map((record) => ("how" in record ? record.how : record.kind))).toEqual([
      "host-file",
      "killed",
    ]);
    expect((await kinds(true)).map((record) => ("how" in record ? record.how : record.kind))).toEqual([
      "resumed",
      "host-file",
    ]);
  });

  it.each([true, false])("emits thawed when the tree is no longer stopped (leaveRunning: %s)", async (leaveRunning) => {
    let read = 0;
    const reader = plugin("reader", ({ phases }) => {
      phases.write.task.tap("reader", (task, { defer }) => defer(task, () => void (read = performance.now())));
    });
    const { events, dumped } = await testDump(reader, { task, options: { leaveRunning } });
    const [thawed] = events.filter(({ kind }) => kind === "thawed");
    expect(read).toBeGreaterThan(0);
    expect((thawed?.time ?? 0) < read).toBe(leaveRunning);
    expect(thawed).toMatchObject({ frozen: dumped?.frozen });
  });

  it("resumes the tree after a failure, and runs the undos newest first", async () => {
    const log: string[] = [];
    const failing = plugin("failing", ({ phases }) => {
      phases.inspect.tree.tap("failing", (_tree, { onResume }) => {
        onResume(() => log.push("first"));
        onResume(() => log.push("second"));
      });
      phases.write.task.tap("failing", ({ pid }) => {
        if (pid === 9) throw new Error("no more room");
      });
    });
    const { error, kernel } = await testDump(failing, { task });
    expect(error).toMatchObject({
      code: "ERR_PLUGIN",
      phase: "write",
      pid: 9,
      plugin: "failing",
      message: "no more room",
    });
    expect(error?.describe()).toMatch(/plugin failing, write\.task, .*\n {2}in phase write, task 9 \(child\)$/);
    expect(log).toEqual(["second", "first"]);
    expect(kernel.records.filter(({ kind }) => kind === "release")).toEqual([{ kind: "release", how: "resumed" }]);
  });

  it("resumes the tree even if an undo fails, and reports that failure", async () => {
    const failing = plugin("failing", ({ phases }) => {
      phases.inspect.tree.tap("failing", (_tree, { onResume }) =>
        onResume(() => {
          throw new Error("the lock is stuck");
        }),
      );
    });
    const { error, kernel } = await testDump(failing, { task, options: { leaveRunning: true } });
    expect(error?.message).toBe("the lock is stuck");
    expect(kernel.records).toContainEqual({ kind: "release", how: "resumed" });
  });

  it("reports every refusal at once, with its duty, before any thread is queried", async () => {
    const asked: number[] = [];
    const picky = plugin("picky", ({ phases }) => {
      phases.inspect.task.tap("picky", ({ name, pid }, { findings }) =>
        findings.refuse({ what: name, why: "no", pid }),
      );
      phases.query.task.tap("picky", ({ pid }) => void asked.push(pid));
    });
    const { error, findings } = await testDump(picky, { task });
    expect(error).toMatchObject({ code: "ERR_REFUSED", message: "Cannot checkpoint this tree: 2 findings" });
    expect(error?.failures.map(({ message, plugin: by, phase }) => [message, by, phase])).toEqual([
      ["task 7 (root): no", "picky", "inspect"],
      ["task 9 (child): no", "picky", "inspect"],
    ]);
    expect(findings).toHaveLength(2);
    expect(asked).toEqual([]);
  });

  it("refuses a file that no tap describes", async () => {
    const { error } = await testDump(recorder([]), { task: { pid: 7, descriptors: { 3: { link: "/dev/kvm" } } } });
    expect(error).toMatchObject({ code: "ERR_REFUSED", pid: 7 });
    expect(error?.message).toContain("descriptor 3 (/dev/kvm)");
  });

  it("queries each thread in one batch, and has the answers in the collect phase", async () => {
    const limit = output(8);
    const answers: unknown[] = [];
    const asking = plugin("asking", ({ phases }) => {
      phases.query.thread.tap("asking", (thread) => {
        if (thread.isLeader) thread.call.prlimit64(0, 7, undefined, limit);
      });
      phases.collect.tree.tap("asking", () => void answers.push(limit.bytes[0]));
    });
    const leader = { answers: { prlimit64: { output: new Uint8Array([42]) } } };
    const { queries } = await testDump(asking, { task: { pid: 7, leader } });
    expect(queries).toEqual(["7 asking: prlimit64(0, RLIMIT_NOFILE, NULL, [8])"]);
    expect(answers).toEqual([42]);
  });

  it("refuses calls recorded outside the query phase", async () => {
    const early = plugin("early", ({ phases }) => phases.inspect.thread.tap("early", ({ call }) => void call.gettid()));
    const { error } = await testDump(early, { task });
    expect(error).toMatchObject({ code: "ERR_PLUGIN", phase: "inspect", plugin: "early", pid: 7 });
  });

  it("fails when a tap never settles", async () => {
    const stuck = plugin("stuck", ({ phases }) => phases.collect.tree.tapPromise("stuck", never));
    const { error, kernel } = await testDump(stuck, { task, options: { timeout: 20 } });
    expect(error).toMatchObject({ code: "ERR_TASK_STUCK", phase: "collect", plugin: "stuck" });
    expect(kernel.records).toContainEqual({ kind: "release", how: "resumed" });
  });

  it("fails with a clear error when the process does not exist", async () => {
    const { error } = await rehearseDump({ plugins: [], host: { texts: { "/proc/7/status": undefined as never } } });
    expect(error).toMatchObject({ code: "ERR_REFUSED", message: "There is no process 7", phase: "seize" });
  });
});

describe("a plugin that claims a duty", () => {
  const order = async (chosen: readonly Plugin[]) => {
    const log: string[] = [];
    const note = (name: string, duty: string) =>
      plugin(name, ({ phases }) => phases.collect.tree.tap(name, () => void log.push(name)), { duty });
    const defaults = [note("a", "one"), note("b", "two"), note("c", "three")];
    const { error } = await rehearseDump({ plugins: chosen, defaults });
    return { log, error };
  };

  it("takes the position of the default in the tap order", async () => {
    const log: string[] = [];
    const note = (name: string, duty: string) =>
      plugin(name, ({ phases }) => phases.collect.tree.tap(name, () => void log.push(name)), { duty });
    await rehearseDump({
      plugins: [note("mine", "two")],
      defaults: [note("a", "one"), note("b", "two"), note("c", "three")],
    });
    expect(log).toEqual(["a", "mine", "c"]);
  });

  it("keeps the default for a direction that it does not implement", async () => {
    const restoreOnly = definePlugin({ name: "mine", duty: "two", apply() {} });
    expect((await order([restoreOnly])).log).toEqual(["a", "b", "c"]);
  });

  it("cannot claim a duty that another chosen plugin claims", async () => {
    const { error } = await order([plugin("x", () => {}, { duty: "two" }), plugin("y", () => {}, { duty: "two" })]);
    expect(error).toMatchObject({ code: "ERR_DUTY_CLAIMED", message: "Plugins x and y both claim the duty two" });
  });
});
