import type { AddressRange, InitOptions, Kernel, RootOptions, StubOptions, Tracee } from "@restage/linux";
import { ERRNO } from "@restage/linux/abi";
import type { AsyncSeriesHook } from "tapable";
import { asRestoreError, RestoreError } from "../errors.ts";
import type { RestoreListener } from "../events.ts";
import type { Host } from "../host/host.ts";
import { callTaps } from "../plugin/call-taps.ts";
import { leaveOut } from "../plugin/leave-out.ts";
import type { TimeLimit } from "../plugin/time-limit.ts";
import { programFailure } from "../program/program-failure.ts";
import { Barrier } from "./barrier.ts";
import { Births } from "./births.ts";
import { Conclusion } from "./conclusion.ts";
import type { RestoreHooks } from "./hooks.ts";
import type { ImageSet } from "./image-set.ts";
import type { RestoreOptions } from "./options.ts";
import type { Plan } from "./plan.ts";
import { ProgramRunner, pidTaken } from "./program-runner.ts";
import type { RestoredTree } from "./restored-tree.ts";
import type { ServiceDescriptors } from "./service-descriptors.ts";
import type { StageContext } from "./stage-context.ts";
import { type RunStageName, STAGES, type Stage } from "./stages.ts";
import { StubTask } from "./stub.ts";
import type { Task, Thread } from "./task.ts";
import type { Tree } from "./tree.ts";

/**
 * Runs the stages: starts each, waits until every participant has confirmed it, acts, and starts the next. No task resumes before all have
 * confirmed the last one.
 */
export class Coordinator {
  readonly #kernel: Kernel;
  readonly #hooks: RestoreHooks;
  readonly #images: ImageSet;
  readonly #tree: Tree;
  readonly #survivors: readonly Task[];
  readonly #options: RestoreOptions;
  readonly #host: Host;
  readonly #descriptors: ServiceDescriptors;
  readonly #dryRun: boolean;
  readonly #limit: TimeLimit;
  readonly #init: InitOptions | undefined;
  /** Whether the stub itself becomes the root task. */
  readonly #becomesRoot: boolean;
  /** Addresses with memory of a template. */
  readonly #held: readonly AddressRange[];
  readonly #emit: RestoreListener;
  readonly #births = new Births();
  readonly #runner: ProgramRunner;
  readonly #conclusion: Conclusion;
  #stub: StubTask | undefined;

  constructor(
    kernel: Kernel,
    hooks: RestoreHooks,
    plan: Plan,
    emit: RestoreListener,
    held: readonly AddressRange[] = [],
  ) {
    this.#kernel = kernel;
    this.#hooks = hooks;
    this.#images = plan.images;
    this.#tree = plan.tree;
    this.#survivors = plan.tree.tasks.filter((task) => task.survives);
    this.#options = plan.options;
    this.#host = plan.host;
    this.#descriptors = plan.serviceDescriptors;
    this.#dryRun = plan.dryRun;
    this.#limit = plan.limit;
    this.#init = plan.init;
    this.#becomesRoot = plan.options.sibling && !plan.forksSibling;
    this.#emit = emit;
    this.#held = held;
    this.#runner = new ProgramRunner(kernel, this.#births, emit);
    this.#conclusion = new Conclusion(kernel, this.#survivors, plan.options.leaveStopped);
  }

  /** Runs all stages up to the commit, where every task waits to resume. */
  async prepare(): Promise<void> {
    this.#stub = await this.#createStub();
    for (const task of this.#tree.tasks) {
      this.#births.expect(task);
      if (task.survives) for (const thread of task.threads.slice(1)) this.#births.expect(thread);
    }
    for (const stage of STAGES) await this.#runStage(stage);
  }

  /** The tree that runs now. */
  get restored(): RestoredTree {
    const { root, tasks } = this.#tree;
    const init = this.#stub?.isInit === true ? this.#stub.tracee?.tid : undefined;
    return { pid: root.hostPid, tasks: tasks.map(({ hostPid }) => hostPid), child: init ?? root.hostPid };
  }

  /** The point of no return: resumes all threads. Throws ERR_COMPLETE when some were gone, or when anything fails afterwards. */
  async commit(): Promise<void> {
    const stage = STAGES[STAGES.length - 1] as Stage;
    const context = this.#context(stage);
    if (this.#dryRun) leaveOut("commit", this.#hooks.commit, this.#emit);
    else await this.#callTaps(stage, "commit", this.#hooks.commit, context);
    this.#emit({ kind: "committed", time: performance.now() });
    if (this.#stub?.isInit === true) await this.#kernel.dismissStub(this.#tree.root.pid);
    const { threads, gone } = this.#conclusion.resume();
    // Tasks run: what was made for them stays, even if this process ends now.
    await this.#kernel.dismissUndo();
    let what = "a listener";
    try {
      this.#emit({ kind: "resumed", time: performance.now(), pid: this.#tree.root.hostPid, threads });
      assertThere(gone, threads - gone.length);
      what = "a tap of complete";
      if (this.#dryRun) leaveOut("complete", this.#hooks.complete, this.#emit);
      else await this.#callTaps(stage, "complete", this.#hooks.complete, context);
    } catch (error) {
      const { code, message, plugin, thrownBy } = asRestoreError(error, {});
      if (code === "ERR_COMPLETE") throw error;
      const failure = { stage: stage.name, plugin, thrownBy, cause: error };
      throw new RestoreError("ERR_COMPLETE", `All tasks run, but ${what} failed: ${message}`, failure);
    }
  }

  async #createStub(): Promise<StubTask> {
    const options = stubOptions(this.#tree, this.#options.timeout);
    try {
      const stub = await this.#kernel.createStub({
        ...options,
        init: this.#init,
        root: this.#becomesRoot ? this.#rootOptions() : undefined,
        sibling: this.#options.sibling,
      });
      return new StubTask(stub, this.#becomesRoot, [...options.occupied, ...this.#held]);
    } catch (error) {
      const failure = programFailure(error, "the stub", { stage: "ROOT_TASK" });
      const isTaken = this.#becomesRoot && (error as { errno?: unknown }).errno === ERRNO.EEXIST;
      throw isTaken ? pidTaken(this.#kernel, failure, this.#tree.root) : failure;
    }
  }

  #rootOptions(): RootOptions {
    const { root } = this.#tree;
    const own = root.survives ? root.ids.pid_ns_id : undefined;
    return { pid: root.pid, newPidNamespace: own !== this.#images.inventory.root_ids?.pid_ns_id };
  }

  async #runStage(stage: Stage): Promise<void> {
    const started = performance.now();
    const hooks = this.#hooks.stages[stage.name as RunStageName];
    const context = this.#context(stage);
    const participants = this.#participants(stage);
    this.#emit({ kind: "stage-started", time: started, stage: stage.name, participants: participants.length });
    await this.#runner.withProgram(stage, context.stub, async () => {
      if (stage.name === "ROOT_TASK") this.#descriptors.openIn(context.stub, this.#images.source.directory());
      await this.#callTaps(stage, "enter", hooks.enter, context);
    });
    if (stage.name === "ROOT_TASK") this.#assertRootForked(context.stub);
    const barrier = new Barrier(stage, this.#options.timeout);
    for (const task of participants) {
      const participant = { name: task.name, pid: task.pid, plugin: () => task.program?.plugin };
      barrier.add(participant, this.#runTask(context, task, barrier));
    }
    await barrier.confirmed();
    if (stage.name === "RESTORE") await this.#endTasks(stage, participants);
    if (stage.name === "COMPLETE") {
      // An init stays until the commit. Any other stub ends before tasks get their parent death signals, because it can be the parent of the root task.
      if (this.#stub?.isInit === false) await this.#kernel.dismissStub(this.#tree.root.pid);
      this.#conclusion.conclude();
    }
    await this.#callTaps(stage, "leave", hooks.leave, context);
    const time = performance.now();
    this.#emit({ kind: "stage-left", time, stage: stage.name, milliseconds: time - started });
  }

  /** One task's part of a stage: its hooks record, its program runs. Threads confirm for themselves. */
  async #runTask(context: StageContext, task: Task, barrier: Barrier): Promise<void> {
    const { stage } = context;
    await this.#births.of(task);
    const hooks = this.#hooks.stages[stage.name as RunStageName];
    const withThreads = task.survives && (stage.participants === "all" || stage.participants === "alive");
    try {
      if (withThreads) {
        for (const thread of task.threads.slice(1)) {
          const { name, tid } = thread;
          const participant = { name, pid: task.pid, tid, plugin: () => thread.program?.plugin };
          barrier.add(participant, this.#runThread(context, thread));
        }
      }
      await this.#runner.withProgram(stage, task, async (program) => {
        await callTaps(hooks.task, task, context);
        if (!withThreads) return;
        task.leader.program = program;
        await callTaps(hooks.thread, task.leader, context);
        if (stage.name === "COMPLETE") this.#descriptors.closeIn(task);
      });
      if (stage.name === "FORKING") this.#births.assertBorn(task.forks);
      if (stage.name === "RESTORE" && withThreads) this.#births.assertBorn(task.threads.slice(1));
    } catch (error) {
      this.#births.cancel(task);
      throw error;
    } finally {
      task.leader.program = undefined;
    }
  }

  /** Ends zombies and helpers. Until now, others could open their files in /proc, most of which an ended task no longer has. */
  async #endTasks(stage: Stage, tasks: readonly Task[]): Promise<void> {
    const barrier = new Barrier(stage, this.#options.timeout);
    for (const { tracee, end, name, pid } of tasks) {
      if (tracee === undefined || end === undefined) continue;
      barrier.add({ name, pid, plugin: () => undefined }, this.#kernel.end(tracee, end));
    }
    await barrier.confirmed();
  }

  async #runThread(context: StageContext, thread: Thread): Promise<void> {
    const { stage } = context;
    await this.#births.of(thread);
    await this.#runner.withProgram(stage, thread, () =>
      callTaps(this.#hooks.stages[stage.name as RunStageName].thread, thread, context),
    );
  }

  /** The root task exists: a plugin has forked it, or the stub itself becomes it. */
  #assertRootForked(stub: StubTask): void {
    const { root } = this.#tree;
    if (stub.isRoot) {
      root.tracee = stub.tracee;
      root.leader.tracee = stub.tracee;
      this.#births.announce(root);
    }
    if (!this.#births.has(root)) return;
    throw new RestoreError("ERR_DUTY_MISSING", `No plugin has forked ${root.name}`, { stage: "ROOT_TASK" });
  }

  #participants(stage: Stage): readonly Task[] {
    switch (stage.participants) {
      case "none":
        return [];
      case "root":
        return [this.#tree.root];
      case "tasks":
      case "all":
        return this.#tree.tasks;
      case "alive":
        return this.#survivors;
    }
  }

  #context(stage: Stage): StageContext {
    if (this.#stub === undefined) throw new Error("The stub does not exist yet");
    return {
      stage,
      tree: this.#tree,
      images: this.#images,
      options: this.#options,
      host: this.#host,
      stub: this.#stub,
      serviceDescriptors: this.#descriptors,
      dryRun: this.#dryRun,
      signal: this.#limit.signal,
    };
  }

  /** A hook of the coordinator itself: its failure belongs to the stage, and it must not take for ever. */
  async #callTaps(
    stage: Stage,
    name: string,
    hook: AsyncSeriesHook<[StageContext]>,
    context: StageContext,
  ): Promise<void> {
    try {
      await this.#limit.within(callTaps(hook, context), (limit) => {
        const { plugin } = this.#host;
        const message = `Cannot leave ${stage.name}: the tap of ${plugin} in ${name} has not settled after ${limit}`;
        return new RestoreError("ERR_TASK_STUCK", message, { plugin });
      });
    } catch (error) {
      throw asRestoreError(error, { stage: stage.name });
    }
  }
}

/** Throws ERR_COMPLETE when threads were killed from outside before they could resume: the others run already. */
function assertThere(gone: readonly Tracee[], running: number): void {
  if (gone.length === 0) return;
  const names = gone.map(({ tid }) => tid).join(", ");
  const message = `Cannot resume ${gone.length} threads (${names}): they were killed from outside; ${running} run`;
  const hint = "end the rest of the tree and restore again";
  throw new RestoreError("ERR_COMPLETE", message, { stage: "COMPLETE", hint });
}

/** What the tree asks of its stub. */
export function stubOptions(tree: Tree, timeout: number): StubOptions {
  const survivors = tree.tasks.filter((task) => task.survives);
  const occupied = survivors.flatMap((task) =>
    task.mm.vmas.map((vma) => ({ start: Number(vma.start), end: Number(vma.end) })),
  );
  const suspendSeccomp = survivors.some((task) =>
    task.threads.some((thread) => (thread.state.seccomp_mode ?? task.core.tc?.old_seccomp_mode ?? 0) !== 0),
  );
  return { occupied, timeout, suspendSeccomp };
}
