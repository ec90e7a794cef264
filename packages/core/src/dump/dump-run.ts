import { randomUUID } from "node:crypto";
import type { Kernel } from "@restage/linux";
import { SIG, taskName } from "@restage/linux/abi";
import type { AsyncSeriesHook } from "tapable";
import { asRestoreError, RestoreError } from "../errors.ts";
import type { DumpListener } from "../events.ts";
import { Host } from "../host/host.ts";
import { attributing } from "../plugin/attribution.ts";
import { callTaps, startTaps } from "../plugin/call-taps.ts";
import { leaveOut } from "../plugin/leave-out.ts";
import type { PluginDriver } from "../plugin/plugin-driver.ts";
import { TimeLimit } from "../plugin/time-limit.ts";
import { ProgramBuilder, type RecordedStep } from "../program/program-builder.ts";
import type { DumpContext } from "./dump-context.ts";
import { FileTable } from "./file-table.ts";
import { type DumpFinding, Findings } from "./findings.ts";
import type { DumpHooks } from "./hooks.ts";
import { ImageWriter } from "./image-writer.ts";
import type { DumpOptions } from "./options.ts";
import { OwnDrafts } from "./own-drafts.ts";
import { PHASES, type PhaseName } from "./phases.ts";
import { SaveProgress } from "./save-progress.ts";
import { seizeTree } from "./seize-tree.ts";
import type { SeizedTask, SeizedThread } from "./seized-task.ts";
import type { SeizedTree } from "./seized-tree.ts";

/** A checkpoint that was made. */
export interface Dumped {
  /** Pids on this host of all tasks that were saved, parents first. */
  readonly tasks: readonly number[];
  /** What will not come back exactly as it was. */
  readonly warnings: readonly DumpFinding[];
  /** What was saved in a slower way. */
  readonly notes: readonly DumpFinding[];
  /** How long the tree was stopped, in milliseconds. */
  readonly frozen: number;
}

/** One checkpoint, from the first stop to the last resumed thread. */
export class DumpRun {
  phase: PhaseName = "seize";
  readonly #kernel: Kernel;
  readonly #driver: PluginDriver<DumpHooks>;
  readonly #hooks: DumpHooks;
  readonly #options: DumpOptions;
  readonly #emit: DumpListener;
  readonly #host: Host;
  readonly #findings: Findings;
  readonly #images: ImageWriter;
  readonly #seizer: ReturnType<Kernel["openSeizer"]>;
  /** What gives the tree back something that was taken from it. */
  readonly #givenBack: (() => void)[] = [];
  /** What is done to a tree right before it is held. */
  readonly #beforeHold: (() => void)[] = [];
  /** What needs no stopped tree. */
  readonly #deferred: { readonly task: SeizedTask; readonly plugin: string; readonly work: () => void }[] = [];
  readonly limit: TimeLimit;
  readonly #progress: SaveProgress;
  readonly #dryRun: boolean;
  #tree: SeizedTree | undefined;
  #files: FileTable | undefined;
  #seizedAt = 0;

  constructor(
    kernel: Kernel,
    driver: PluginDriver<DumpHooks>,
    options: DumpOptions,
    emit: DumpListener,
    dryRun: boolean,
  ) {
    this.#kernel = kernel;
    this.#driver = driver;
    this.#hooks = driver.hooks;
    this.#options = options;
    this.#emit = emit;
    this.#progress = new SaveProgress(emit);
    this.limit = new TimeLimit(options.timeout);
    this.#dryRun = dryRun;
    this.#host = new Host(kernel);
    this.#findings = new Findings(options.allowLoss, (pid) => this.commOf(pid));
    this.#images = new ImageWriter(options, this.#host);
    this.#seizer = kernel.openSeizer();
  }

  async run(): Promise<Dumped> {
    await this.#images.prepare();
    const { tree, context } = await this.runPhases();
    const { leaveRunning } = this.#options;
    // From here on nothing needs a stopped tree.
    if (leaveRunning) await this.#resume();
    const goesOn = leaveRunning ? this.#thawed() : undefined;
    this.#catchUp();
    context.own.addTo(this.#images);
    this.#images.write(this.#hooks.imageOwner.call(context));
    if (this.#dryRun) leaveOut("imagesWritten", this.#hooks.imagesWritten, this.#emit);
    else await this.#call(this.#hooks.imagesWritten, "imagesWritten", tree, context);
    if (!this.#kernel.recording) this.#images.writeDigests();
    this.#images.publish();
    if (this.#dryRun) leaveOut("imagesPublished", this.#hooks.imagesPublished, this.#emit);
    else await callTaps(this.#hooks.imagesPublished, tree, context);
    if (!leaveRunning) await this.#finish(tree);
    const frozen = goesOn ?? this.#thawed();
    const tasks = tree.tasks.map(({ hostPid }) => hostPid);
    this.#emit({ kind: "saved", time: performance.now(), tasks: tasks.length });
    return { tasks, warnings: this.#findings.warnings, notes: this.#findings.notes, frozen };
  }

  /** Everything for which the tree has to be stopped. */
  async runPhases(): Promise<{ readonly tree: SeizedTree; readonly context: DumpContext }> {
    const { pid, timeout } = this.#options;
    const tree = seizeTree(this.#host, this.#seizer, pid, timeout, () => {
      this.#seizedAt = performance.now();
    });
    this.#tree = tree;
    const context = this.#contextOf(tree);
    for (const { name } of PHASES) await this.#runPhase(name, tree, context);
    return { tree, context };
  }

  /** The name of the command of a task of the tree. */
  commOf(pid: number): string | undefined {
    return this.#tree?.tasks.find((task) => task.pid === pid)?.comm;
  }

  /** Emits `thawed` when the tree runs again or no longer exists. Returns how long it was stopped, in milliseconds. */
  #thawed(): number {
    const time = performance.now();
    const frozen = time - this.#seizedAt;
    this.#emit({ kind: "thawed", time, frozen });
    return frozen;
  }

  /** Resumes what is still stopped, after a failure too, and frees what the checkpoint held. */
  async end(): Promise<void> {
    try {
      await this.#resume();
    } finally {
      this.#seizer.close();
      this.#images.discard();
    }
  }

  #contextOf(tree: SeizedTree): DumpContext {
    const run = this;
    const files: FileTable = new FileTable(this.#host, this.#seizer, this.#findings, (file) =>
      this.#hooks.describeFile.call(file, context),
    );
    this.#files = files;
    const context: DumpContext = {
      get phase() {
        return run.phase;
      },
      tree,
      options: this.#options,
      runId: randomUUID(),
      images: this.#images,
      inventory: {},
      own: new OwnDrafts(),
      findings: this.#findings,
      host: this.#host,
      seizer: this.#seizer,
      files,
      service: (service) => this.#driver.service(service),
      dryRun: this.#dryRun,
      signal: this.limit.signal,
      savePages: (request) =>
        this.#progress.of(this.#hooks.pagesWriter.call(request, context) ?? this.#images.savePages(request)),
      defer: (task, work) => void this.#deferred.push({ task, plugin: this.#host.plugin, work }),
      onResume: (giveBack) => void this.#givenBack.push(giveBack),
      onHold: (prepare) => void this.#beforeHold.push(prepare),
      hold: () => this.#hold(),
    };
    return context;
  }

  async #runPhase(phase: PhaseName, tree: SeizedTree, context: DumpContext): Promise<void> {
    const started = performance.now();
    this.phase = phase;
    this.#emit({ kind: "phase-started", time: started, phase });
    if (phase === "query") await this.#query(tree, context);
    else await this.#callTaps(phase, tree, context);
    if (phase === "inspect") {
      context.files.describe();
      await this.#call(this.#hooks.filesDescribed, "filesDescribed", tree, context);
    }
    if (phase === "inspect" || phase === "collect") this.#findings.assertNoneRefused(phase);
    const time = performance.now();
    this.#emit({ kind: "phase-left", time, phase, milliseconds: time - started });
  }

  async #callTaps(phase: PhaseName, tree: SeizedTree, context: DumpContext): Promise<void> {
    const hooks = this.#hooks.phases[phase];
    const names = { tree: `${phase}.tree`, task: `${phase}.task`, thread: `${phase}.thread` };
    const ofTree = this.#call(hooks.tree, names.tree, tree, context);
    if (ofTree !== undefined) await ofTree;
    for (const task of tree.alive) {
      const ofTask = this.#call(hooks.task, names.task, task, context, task.pid);
      if (ofTask !== undefined) await ofTask;
      for (const thread of task.threads) {
        const ofThread = this.#call(hooks.thread, names.thread, thread, context, task.pid, thread.tid);
        if (ofThread !== undefined) await ofThread;
      }
    }
  }

  /** Taps record what threads are asked; then all threads make their calls at once. */
  async #query(tree: SeizedTree, context: DumpContext): Promise<void> {
    const queries: { readonly thread: SeizedThread; readonly steps: RecordedStep[] }[] = [];
    const threads = tree.alive.flatMap((task) => task.threads);
    for (const thread of threads) {
      const steps: RecordedStep[] = [];
      queries.push({ thread, steps });
      thread.program = new ProgramBuilder(async (recorded) => void steps.push(...recorded));
    }
    try {
      await this.#callTaps("query", tree, context);
      for (const { program, name } of threads) {
        program?.seal(`the queries of ${name} have been made; was an await forgotten?`);
        await program?.flush();
      }
    } finally {
      for (const thread of threads) thread.program = undefined;
    }
    const asked = queries.filter(({ thread, steps }) => steps.length > 0 || thread.landlock !== undefined);
    this.#seizer.query(
      asked.map(({ thread, steps }) => ({ thread: thread.stopped, program: steps, landlock: thread.landlock })),
    );
  }

  /**
   * Calls the taps of a hook. Returns a promise only if one of them has to be waited for: the tree is stopped meanwhile, and there are many hooks. A
   * failure has its phase and task.
   */
  #call<T>(
    hook: AsyncSeriesHook<[T, DumpContext]>,
    name: string,
    subject: T,
    context: DumpContext,
    pid?: number,
    tid?: number,
  ): Promise<void> | undefined {
    if (hook.taps.length === 0) return undefined;
    const origin = { phase: this.phase, pid, tid };
    let work: Promise<unknown> | undefined;
    try {
      work = startTaps(hook, subject, context);
    } catch (error) {
      throw asRestoreError(error, origin);
    }
    return work === undefined ? undefined : this.#withinTime(work, name, origin);
  }

  /** Waits for taps, but not for ever. */
  async #withinTime(work: Promise<unknown>, name: string, origin: object): Promise<void> {
    try {
      await this.limit.within(work, (limit) => {
        const { plugin } = this.#host;
        const message = `Cannot leave ${this.phase}: the tap of ${plugin} in ${name} has not settled after ${limit}`;
        return new RestoreError("ERR_TASK_STUCK", message, { plugin });
      });
    } catch (error) {
      throw asRestoreError(error, origin);
    }
  }

  /** Does what was deferred. */
  #catchUp(): void {
    for (const { task, plugin, work } of this.#deferred) {
      try {
        attributing(this.#host, plugin, work);
      } catch (error) {
        throw asRestoreError(error, { phase: this.phase, pid: task.pid, plugin });
      }
    }
  }

  /** The tree gets back what was taken from it and resumes. Does nothing when it has resumed or ended already. */
  async #resume(): Promise<void> {
    const failures: unknown[] = [];
    for (const giveBack of this.#givenBack.splice(0).reverse()) {
      try {
        giveBack();
      } catch (error) {
        failures.push(error);
      }
    }
    this.#files?.close();
    this.#files = undefined;
    this.#seizer.resume();
    await this.#kernel.dismissUndo();
    if (failures.length > 0) throw failures[0];
  }

  /** If this process dies, the tree ends. */
  #hold(): void {
    for (const prepare of this.#beforeHold.splice(0)) prepare();
    this.#seizer.hold();
  }

  /** The images are complete: the tree is stopped, or killed. */
  async #finish(tree: SeizedTree): Promise<void> {
    if (this.#options.leaveStopped) {
      for (const { hostPid } of tree.alive) this.#host.attempt("kill", hostPid, SIG.STOP);
      return;
    }
    // From here on the tree does not run again, whatever happens to this process.
    this.#hold();
    this.#givenBack.length = 0;
    const left = this.#seizer.kill();
    await this.#kernel.dismissUndo();
    if (left.length === 0) return;
    const names = left.map(
      (tid) => tree.tasks.find(({ hostPid }) => hostPid === tid)?.name ?? taskName(tid, undefined),
    );
    throw new RestoreError(
      "ERR_COMPLETE",
      `The checkpoint is complete, but these tasks did not end: ${names.join(", ")}`,
    );
  }
}
