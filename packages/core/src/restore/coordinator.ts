import type { ConcludedThread, InitOptions, Kernel, RootOptions, Stub, Tracee } from "@restage/linux";
import { CLONE, ERRNO, O, SIG } from "@restage/linux/abi";
import type { AsyncSeriesHook } from "tapable";
import { asRestoreError, RestoreError } from "../errors.ts";
import type { RestoreListener } from "../events.ts";
import type { Host } from "../host/host.ts";
import { callTaps } from "../plugin/call-taps.ts";
import { withinTime } from "../plugin/time-limit.ts";
import { type Fork, ProgramBuilder, type RecordedStep } from "../program/program-builder.ts";
import { programFailure } from "../program/program-failure.ts";
import type { ProgramTarget } from "../program/program-target.ts";
import { Barrier, NotStarted } from "./barrier.ts";
import type { RestoreHooks } from "./hooks.ts";
import type { ImageSet } from "./image-set.ts";
import type { RestoreOptions } from "./options.ts";
import type { Plan } from "./plan.ts";
import type { RestoredTree } from "./restore.ts";
import type { ServiceDescriptors } from "./service-descriptors.ts";
import type { StageContext } from "./stage-context.ts";
import { type RunStageName, STAGES, type Stage } from "./stages.ts";
import { StubTask } from "./stub.ts";
import { Task, Thread } from "./task.ts";
import type { Tree } from "./tree.ts";

/**
 * Runs the stages: starts each, waits until every participant has confirmed it, acts, starts the next. No task is let go before all
 * have confirmed the last one.
 */
export class Coordinator {
  readonly #kernel: Kernel;
  readonly #hooks: RestoreHooks;
  readonly #images: ImageSet;
  readonly #tree: Tree;
  readonly #options: RestoreOptions;
  readonly #host: Host;
  readonly #descriptors: ServiceDescriptors;
  readonly #init: InitOptions | undefined;
  readonly #emit: RestoreListener;
  /** Tasks and threads that do not exist yet: settled when the program that forks them has run, or failed. */
  readonly #births = new Map<
    ProgramTarget,
    { promise: Promise<void>; resolve: () => void; reject: (why: Error) => void }
  >();
  #stub: StubTask | undefined;

  constructor(kernel: Kernel, hooks: RestoreHooks, plan: Plan, emit: RestoreListener) {
    this.#kernel = kernel;
    this.#hooks = hooks;
    this.#images = plan.images;
    this.#tree = plan.tree;
    this.#options = plan.options;
    this.#host = plan.host;
    this.#descriptors = plan.serviceDescriptors;
    this.#init = plan.init;
    this.#emit = emit;
  }

  /** Runs all stages up to the commit, where every task waits to be let go. */
  async prepare(): Promise<void> {
    this.#stub = new StubTask(await this.#createStub(), this.#options.sibling);
    for (const task of this.#tree.tasks) {
      this.#expectBirth(task);
      if (task.survives) for (const thread of task.threads.slice(1)) this.#expectBirth(thread);
    }
    for (const stage of STAGES) await this.#runStage(stage);
  }

  /** Who runs now. */
  get restored(): RestoredTree {
    const { root, tasks } = this.#tree;
    const init = this.#stub?.isInit === true ? this.#stub.tracee?.tid : undefined;
    return { pid: root.hostPid, tasks: tasks.map(({ hostPid }) => hostPid), child: init ?? root.hostPid };
  }

  /** The point of no return: lets all threads go. Throws ERR_COMPLETE when some were gone, or when anything fails after it. */
  async commit(): Promise<void> {
    const stage = STAGES[STAGES.length - 1] as Stage;
    const context = this.#context(stage);
    await this.#callTaps(stage, "commit", this.#hooks.commit, context);
    this.#emit({ kind: "committed", time: performance.now() });
    await this.#kernel.dismissStub(this.#tree.root.pid);
    const running = this.#survivors().filter((task) => !this.#stopSignal(task));
    const tracees = running.flatMap(traceesOf);
    const gone = this.#kernel.resume(tracees);
    // Tasks run: what was made for them stays, also when this process ends now.
    await this.#kernel.dismissUndo();
    let what = "a listener";
    try {
      this.#emit({ kind: "resumed", time: performance.now(), pid: this.#tree.root.hostPid, threads: tracees.length });
      this.#assertThere(gone, tracees.length - gone.length);
      what = "a tap of complete";
      await this.#callTaps(stage, "complete", this.#hooks.complete, context);
    } catch (error) {
      const { code, message, plugin } = asRestoreError(error, {});
      if (code === "ERR_COMPLETE") throw error;
      const failure = { stage: stage.name, plugin, cause: error };
      throw new RestoreError("ERR_COMPLETE", `All tasks run, but ${what} failed: ${message}`, failure);
    }
  }

  /** Those who were killed from outside before they were let go cannot be taken back. */
  #assertThere(gone: readonly Tracee[], running: number): void {
    if (gone.length === 0) return;
    const names = gone.map(({ tid }) => tid).join(", ");
    const message = `${gone.length} threads were gone when they were let go (${names}); ${running} run`;
    const hint = "they were killed from outside; end the rest of the tree and restore again";
    throw new RestoreError("ERR_COMPLETE", message, { stage: "COMPLETE", hint });
  }

  #survivors(): readonly Task[] {
    return this.#tree.tasks.filter((task) => task.survives);
  }

  async #createStub(): Promise<Stub> {
    const occupied = this.#survivors().flatMap((task) =>
      task.mm.vmas.map((vma) => ({ start: Number(vma.start), end: Number(vma.end) })),
    );
    const suspendSeccomp = this.#survivors().some((task) =>
      task.threads.some((thread) => (thread.state.seccomp_mode ?? task.core.tc?.old_seccomp_mode ?? 0) !== 0),
    );
    try {
      return await this.#kernel.createStub({
        occupied,
        init: this.#init,
        root: this.#options.sibling ? this.#rootOptions() : undefined,
        timeout: this.#options.timeout,
        suspendSeccomp,
      });
    } catch (error) {
      const failure = programFailure(error, "the stub", { stage: "ROOT_TASK" });
      const isTaken = this.#options.sibling && (error as { errno?: unknown }).errno === ERRNO.EEXIST;
      throw isTaken ? this.#pidTaken(failure, this.#tree.root) : failure;
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
    await this.#withProgram(stage, context.stub, async () => {
      if (stage.name === "ROOT_TASK") this.#openServices(context.stub);
      await this.#callTaps(stage, "enter", hooks.enter, context);
    });
    if (stage.name === "ROOT_TASK" && context.stub.isRoot) this.#becomeRoot(context.stub);
    if (stage.name === "ROOT_TASK" && this.#births.has(this.#tree.root)) {
      throw new RestoreError("ERR_DUTY_MISSING", `No plugin has forked ${this.#tree.root.name}`, { stage: stage.name });
    }
    // Above what any single call may take, so that a task that hangs is named with its call by the kernel first.
    const barrier = new Barrier(stage, this.#options.timeout * 2);
    for (const task of participants) {
      const participant = { name: task.name, pid: task.pid, plugin: () => task.program?.plugin };
      barrier.add(participant, this.#runTask(context, task, barrier));
    }
    await barrier.confirmed();
    if (stage.name === "COMPLETE") this.#conclude();
    await this.#callTaps(stage, "leave", hooks.leave, context);
    const time = performance.now();
    this.#emit({ kind: "stage-left", time, stage: stage.name, milliseconds: time - started });
  }

  /** One task's part of a stage: its hooks record, its program runs. Threads confirm for themselves. */
  async #runTask(context: StageContext, task: Task, barrier: Barrier): Promise<void> {
    const { stage } = context;
    await this.#births.get(task)?.promise;
    const hooks = this.#hooks.stages[stage.name as RunStageName];
    const withThreads = task.survives && (stage.participants === "all" || stage.participants === "alive");
    try {
      if (withThreads) {
        for (const thread of task.threads.slice(1)) {
          const participant = {
            name: thread.name,
            pid: task.pid,
            tid: thread.tid,
            plugin: () => thread.program?.plugin,
          };
          barrier.add(participant, this.#runThread(context, thread));
        }
      }
      await this.#withProgram(stage, task, async (program) => {
        await callTaps(hooks.task, task, context);
        if (!withThreads) return;
        task.leader.program = program;
        await callTaps(hooks.thread, task.leader, context);
        if (stage.name === "COMPLETE") {
          program.plugin = "core";
          this.#closeServices(task);
        }
      });
      if (stage.name === "FORKING") this.#assertBorn(task.forks);
      if (stage.name === "RESTORE" && withThreads) this.#assertBorn(task.threads.slice(1));
    } catch (error) {
      this.#cancelBirths(task);
      throw error;
    } finally {
      task.leader.program = undefined;
    }
    if (stage.name === "RESTORE" && task.end !== undefined && task.tracee !== undefined) {
      await this.#kernel.end(task.tracee, task.end);
    }
  }

  async #runThread(context: StageContext, thread: Thread): Promise<void> {
    const { stage } = context;
    await this.#births.get(thread)?.promise;
    await this.#withProgram(stage, thread, () =>
      callTaps(this.#hooks.stages[stage.name as RunStageName].thread, thread, context),
    );
  }

  /** Opens a program for a target, lets taps record, runs it, and seals it. */
  async #withProgram(
    stage: Stage,
    target: ProgramTarget,
    record: (program: ProgramBuilder) => Promise<void>,
  ): Promise<void> {
    const program = new ProgramBuilder((steps, forks) => this.#run(stage, target, steps, forks));
    target.program = program;
    try {
      await record(program);
      program.seal(`the program of ${target.name} in ${stage.name} has been run; was an await forgotten?`);
      await program.flush();
    } finally {
      target.program = undefined;
    }
  }

  async #run(
    stage: Stage,
    target: ProgramTarget,
    steps: readonly RecordedStep[],
    forks: readonly Fork[],
  ): Promise<void> {
    const place = placeOf(target);
    const { tracee } = target;
    if (tracee === undefined) throw new Error(`Cannot run a program of ${target.name}: it was never forked`);
    const started = performance.now();
    let failed = true;
    try {
      await this.#kernel.run(tracee, steps);
      for (const fork of forks) {
        await this.#adopt(tracee, fork);
        this.#announceBirth(fork);
      }
      failed = false;
    } catch (error) {
      await this.#adoptBorn(tracee, forks);
      const failure = programFailure(error, target.name, { stage: stage.name, ...place });
      throw failure.code === "ERR_PID_TAKEN" && tracee.inPidNamespace !== true
        ? this.#pidTaken(failure, this.#unborn(steps, forks))
        : failure;
    } finally {
      const time = performance.now();
      const milliseconds = time - started;
      this.#emit({
        kind: "program",
        time,
        stage: stage.name,
        target: target.name,
        ...place,
        steps,
        milliseconds,
        failed,
      });
    }
  }

  async #adopt(forker: Tracee, { call, child, flags }: Fork): Promise<void> {
    const thread = child instanceof Thread;
    const newPidNamespace = (flags & CLONE.NEWPID) !== 0;
    child.tracee = await this.#kernel.adopt({ forker, id: call.result, thread, newPidNamespace });
    if (child instanceof Task) child.leader.tracee = child.tracee;
  }

  /** The stub is the root task from here on. */
  #becomeRoot({ tracee }: StubTask): void {
    const { root } = this.#tree;
    root.tracee = tracee;
    root.leader.tracee = tracee;
    this.#announceBirth({ child: root });
  }

  #announceBirth({ child }: Pick<Fork, "child">): void {
    const birth = this.#births.get(child);
    this.#births.delete(child);
    birth?.resolve();
  }

  /** What a failed program has forked before it failed is there, and has to be known to be ended. */
  async #adoptBorn(forker: Tracee, forks: readonly Fork[]): Promise<void> {
    for (const fork of forks) {
      if ((fork.call.step.result ?? 0) > 0 && fork.child.tracee === undefined) await this.#adopt(forker, fork);
    }
  }

  /** Whom a program could not fork. */
  #unborn(steps: readonly RecordedStep[], forks: readonly Fork[]): Task | Thread | undefined {
    const fork = forks.find(({ call }) => steps.includes(call.step as RecordedStep) && (call.step.result ?? -1) < 0);
    return fork?.child instanceof Task || fork?.child instanceof Thread ? fork.child : undefined;
  }

  /** Who has the pid that could not be set. */
  #pidTaken(failure: RestoreError, child: Task | Thread | undefined): RestoreError {
    if (child === undefined) return failure;
    const pid = child instanceof Task ? child.pid : child.tid;
    const holder = this.#kernel.host.pidHolder(pid) ?? "a task that ended meanwhile";
    return new RestoreError("ERR_PID_TAKEN", `Cannot create ${child.name}: pid ${pid} is in use by ${holder}`, {
      ...failure,
      pid: child instanceof Task ? child.pid : child.task.pid,
      hint: "end it, or wait until it is gone, or restore in a new pid namespace (newPidNamespace, --new-pid-namespace)",
    });
  }

  /**
   * Gives all threads their final state. Tasks that come back stopped are put into their stop first, before an instruction of their own: their
   * parents can then forget the SIGCHLD which that queues.
   */
  #conclude(): void {
    const stopped = this.#survivors().filter((task) => this.#stopSignal(task) !== undefined);
    const running = this.#survivors().filter((task) => this.#stopSignal(task) === undefined);
    for (const task of stopped.reverse()) {
      this.#concludeTasks([task]);
      this.#kernel.resumeStopped(traceesOf(task), this.#stopSignal(task) ?? SIG.STOP);
    }
    this.#concludeTasks(running);
  }

  #concludeTasks(tasks: readonly Task[]): void {
    try {
      this.#kernel.conclude(tasks.map((task) => task.threads.map(concluded)));
    } catch (error) {
      throw programFailure(error, tasks.length === 1 && tasks[0] ? tasks[0].name : "the tree", { stage: "COMPLETE" });
    }
  }

  /** The signal with which a task comes back stopped. */
  #stopSignal(task: Task): number | undefined {
    if (task.kind === "stopped") return task.core.tc?.stop_signo ?? SIG.STOP;
    return this.#options.leaveStopped ? SIG.STOP : undefined;
  }

  /**
   * The stub opens the directory of the images, which every task inherits, and takes the other numbers of services with it: whatever is opened from
   * here on gets another number.
   */
  #openServices(stub: StubTask): void {
    const directory = stub.call
      .openat(-100, this.#images.source.directory(), O.RDONLY | O.DIRECTORY | O.CLOEXEC)
      .hint("the images have to stay readable during the restore");
    const images = this.#descriptors.number("images");
    // A fresh table gives 0; placing it there again would be dup3's EINVAL.
    if (images !== 0) stub.place(directory, images, { cloexec: true });
    for (const number of this.#descriptors.numbers) if (number !== images) stub.call.dup3(images, number, O.CLOEXEC);
    for (const [path, number] of this.#descriptors.kept) {
      const file = stub.call
        .openat(-100, path, O.RDONLY | O.CLOEXEC)
        .hint("the images have to stay readable during the restore");
      stub.place(file, number, { cloexec: true });
    }
  }

  /** In the last program that every task has anyway. Tables that tasks share are closed by whoever comes first. */
  #closeServices(task: Task): void {
    for (const number of this.#descriptors.numbers) task.call.close(number).allow("EBADF");
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
        return this.#survivors();
    }
  }

  #context(stage: Stage): StageContext {
    if (this.#stub === undefined) throw new Error("The stub is not there yet");
    return {
      stage,
      tree: this.#tree,
      images: this.#images,
      options: this.#options,
      host: this.#host,
      stub: this.#stub,
      serviceDescriptors: this.#descriptors,
    };
  }

  /** A hook of the coordinator itself: its failure belongs to the stage, and it may not take for ever. */
  async #callTaps(
    stage: Stage,
    name: string,
    hook: AsyncSeriesHook<[StageContext]>,
    context: StageContext,
  ): Promise<void> {
    const limit = this.#options.timeout * 2;
    try {
      await withinTime(callTaps(hook, context), limit, () => {
        const { plugin } = this.#host;
        const message = `Cannot leave ${stage.name}: the tap of ${plugin} in ${name} has not settled after ${limit} ms`;
        return new RestoreError("ERR_TASK_STUCK", message, { plugin });
      });
    } catch (error) {
      throw asRestoreError(error, { stage: stage.name });
    }
  }

  #expectBirth(target: ProgramTarget): void {
    let resolve: () => void = () => {};
    let reject: (why: Error) => void = () => {};
    const promise = new Promise<void>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    promise.catch(() => {});
    this.#births.set(target, { promise, resolve, reject });
  }

  /** Whoever should exist by now and does not would be waited for in vain. */
  #assertBorn(targets: readonly (Task | Thread)[]): void {
    const missing = targets.filter((target) => this.#births.has(target));
    if (missing.length === 0) return;
    const names = missing.map(({ name }) => name).join(", ");
    throw new RestoreError("ERR_DUTY_MISSING", `No plugin has forked ${names}`);
  }

  /** What this task was to fork will never be: its participants are not waited for. */
  #cancelBirths(task: Task): void {
    for (const target of [...task.threads, ...task.forks]) {
      this.#births.get(target)?.reject(new NotStarted(`${target.name} was never forked`));
      if (target instanceof Task) this.#cancelBirths(target);
    }
  }
}

function concluded(thread: Thread): ConcludedThread {
  if (thread.final !== undefined && thread.tracee !== undefined) return { tracee: thread.tracee, state: thread.final };
  throw new RestoreError("ERR_DUTY_MISSING", `Cannot resume ${thread.name}: no plugin has set its registers`, {
    stage: "COMPLETE",
    pid: thread.task.pid,
  });
}

function traceesOf(task: Task): readonly Tracee[] {
  return task.threads.flatMap(({ tracee }) => tracee ?? []);
}

function placeOf(target: ProgramTarget): { readonly pid: number | undefined; readonly tid: number | undefined } {
  if (target instanceof Task) return { pid: target.pid, tid: target.pid };
  if (target instanceof Thread) return { pid: target.task.pid, tid: target.tid };
  return { pid: undefined, tid: undefined };
}
