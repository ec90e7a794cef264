import { randomUUID } from "node:crypto";
import type { Kernel } from "@restage/linux";
import { SIG, taskName } from "@restage/linux/abi";
import type { AsyncSeriesHook } from "tapable";
import { requireRecording } from "../dry-run/require-recording.ts";
import { asRestoreError, RestoreError } from "../errors.ts";
import type { DumpListener } from "../events.ts";
import { Host } from "../host/host.ts";
import { callTaps } from "../plugin/call-taps.ts";
import { leaveOut } from "../plugin/leave-out.ts";
import { definePlugin, type Plugin } from "../plugin/plugin.ts";
import { PluginDriver } from "../plugin/plugin-driver.ts";
import { TimeLimit } from "../plugin/time-limit.ts";
import { ProgramBuilder, type RecordedStep } from "../program/program-builder.ts";
import { AddedPlugins } from "./added-plugins.ts";
import { DUMP } from "./direction.ts";
import type { DumpContext } from "./dump-context.ts";
import { FileTable } from "./file-table.ts";
import { type DumpFinding, Findings } from "./findings.ts";
import type { DumpHooks } from "./hooks.ts";
import { ImageWriter } from "./image-writer.ts";
import { DEFAULT_DUMP_OPTIONS, type DumpOptions } from "./options.ts";
import { OwnDrafts } from "./own-drafts.ts";
import { PHASES, type PhaseName } from "./phases.ts";
import { SaveProgress } from "./save-progress.ts";
import { seizeTree } from "./seize-tree.ts";
import type { SeizedTask, SeizedThread } from "./seized-task.ts";
import type { SeizedTree } from "./seized-tree.ts";

/** What to checkpoint, and how. */
export interface DumpRequest extends Partial<Omit<DumpOptions, "pid" | "images">> {
  /** The root task of the tree. */
  readonly pid: number;
  /** Directory for the images; made when it does not exist. */
  readonly images: string;
  /** Added to the defaults; one that claims a default's duty replaces it. */
  readonly plugins?: readonly Plugin[];
  /** Told everything that happens. */
  readonly onEvent?: DumpListener;
  /** Makes a dry run, which calls no tap of `imagesWritten`. Contexts have `dryRun`. Requires a recording kernel. */
  readonly dryRun?: boolean;
}

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

/**
 * Makes a checkpoint of a process and its descendants, as images that CRIU 4.2 and Restage restore. The tree is killed when the images are
 * complete, unless the options say that it resumes or stays stopped. On failure it resumes unchanged.
 *
 * @param kernel the real one, or a recording one.
 * @param defaults plugins for every duty.
 * @throws RestoreError ERR_REFUSED with everything that cannot be saved; ERR_SYSCALL, ERR_IMAGE, ERR_PLUGIN, ERR_DUTY_CLAIMED,
 * ERR_DUTY_MISSING, ERR_TAP_ORDER, ERR_TASK_STUCK; ERR_COMPLETE when the images are complete but tasks do not end.
 */
export async function dump(request: DumpRequest, kernel: Kernel, defaults: readonly Plugin[]): Promise<Dumped> {
  const { plugins = [], onEvent = () => {}, dryRun = false, ...options } = request;
  requireRecording(kernel, dryRun);
  const driver = createDumpDriver(defaults, plugins, onEvent);
  const run = new DumpRun(kernel, driver, { ...DEFAULT_DUMP_OPTIONS, ...options }, onEvent, dryRun);
  try {
    return await run.run();
  } catch (thrown) {
    const error = asRestoreError(thrown, { phase: run.phase }).namingTasks((pid) => run.commOf(pid));
    run.limit.end(error);
    onEvent({ kind: "failed", time: performance.now(), error, left: [] });
    throw error;
  } finally {
    await run.end();
  }
}

/** One checkpoint, from the first stop to the last resumed thread. */
class DumpRun {
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
    this.#seizedAt = performance.now();
    const tree = seizeTree(this.#host, this.#seizer, this.#options.pid, this.#options.timeout);
    this.#tree = tree;
    const context = this.#contextOf(tree);
    const { leaveRunning } = this.#options;
    for (const { name } of PHASES) await this.#runPhase(name, tree, context);
    // From here on nothing needs a stopped tree.
    if (leaveRunning) await this.#resume();
    const goesOn = leaveRunning ? this.#thawed() : undefined;
    this.#catchUp();
    context.own.addTo(this.#images);
    this.#images.write(this.#hooks.imageOwner.call(context));
    if (this.#dryRun) leaveOut("imagesWritten", this.#hooks.imagesWritten, this.#emit);
    else await this.#withinTime(this.#hooks.imagesWritten, "imagesWritten", tree, context);
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
      await this.#withinTime(this.#hooks.filesDescribed, "filesDescribed", tree, context);
    }
    if (phase === "inspect" || phase === "collect") this.#findings.assertNoneRefused(phase);
    const time = performance.now();
    this.#emit({ kind: "phase-left", time, phase, milliseconds: time - started });
  }

  async #callTaps(phase: PhaseName, tree: SeizedTree, context: DumpContext): Promise<void> {
    const hooks = this.#hooks.phases[phase];
    await this.#withinTime(hooks.tree, `${phase}.tree`, tree, context);
    for (const task of tree.alive) {
      await this.#withinTime(hooks.task, `${phase}.task`, task, context, task.pid);
      for (const thread of task.threads)
        await this.#withinTime(hooks.thread, `${phase}.thread`, thread, context, task.pid, thread.tid);
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

  /** A hook's failure has its phase and task, and it must not take for ever. */
  async #withinTime<T>(
    hook: AsyncSeriesHook<[T, DumpContext]>,
    name: string,
    subject: T,
    context: DumpContext,
    pid?: number,
    tid?: number,
  ): Promise<void> {
    if (hook.taps.length === 0) return;
    const origin = { phase: this.phase, pid, tid };
    try {
      await this.limit.within(callTaps(hook, subject, context), (limit) => {
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
      this.#host.plugin = plugin;
      try {
        work();
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
    await this.#kernel.dismissUndo();
    this.#seizer.resume();
    if (failures.length > 0) throw failures[0];
  }

  /** The images are complete: the tree is stopped, or killed. */
  async #finish(tree: SeizedTree): Promise<void> {
    if (this.#options.leaveStopped) {
      for (const { hostPid } of tree.alive) this.#host.attempt("kill", hostPid, SIG.STOP);
      return;
    }
    // From here on the tree does not go on, whatever happens to this process.
    await this.#kernel.dismissUndo();
    this.#givenBack.length = 0;
    const left = this.#seizer.kill();
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

/** Applies the plugins of a checkpoint. */
export function createDumpDriver(
  defaults: readonly Plugin[],
  plugins: readonly Plugin[],
  emit: ConstructorParameters<typeof PluginDriver>[3],
): PluginDriver<DumpHooks> {
  const added = definePlugin({
    name: "added-plugins",
    provides: [AddedPlugins],
    dump: ({ provide }) => provide(AddedPlugins, plugins),
  });
  return new PluginDriver(DUMP, [added, ...defaults], plugins, emit);
}
