import { SIG } from "./abi/signal.ts";
import { waitStatus } from "./abi/wait.ts";
import { openForeignFunctions } from "./ffi/foreign-functions.ts";
import { collectGarbage } from "./host/collect-garbage.ts";
import { executeProgram } from "./host/execute-program.ts";
import { LinuxHost } from "./host/linux-host.ts";
import { RawSyscalls } from "./host/raw-syscalls.ts";
import type { Birth, ConcludedThread, Exit, Kernel, KernelHost, Sleeper, Stub, StubOptions, Tracee } from "./kernel.ts";
import type { Program, SyscallStep } from "./program/program.ts";
import { syscallStep } from "./program/steps.ts";
import { PtraceSeizer } from "./seizer/ptrace-seizer.ts";
import type { Seizer } from "./seizer.ts";
import { startSleeper } from "./sleeper/sleeper.ts";
import { prepareStub, startStub } from "./stub/create-stub.ts";
import { endTemplate, forkStub, forkTree } from "./stub/fork-stub.ts";
import { dismissStub } from "./stub/own-init.ts";
import { adopt } from "./traced-tree/adopt.ts";
import { commit } from "./traced-tree/commit.ts";
import { conclude } from "./traced-tree/conclude.ts";
import { endTask } from "./traced-tree/end-task.ts";
import { killAll } from "./traced-tree/kill-all.ts";
import { resumeStopped } from "./traced-tree/resume.ts";
import { callBySyscallStops } from "./traced-tree/syscall-stops.ts";
import type { TracedTree } from "./traced-tree/traced-tree.ts";
import { Ptrace } from "./tracee/ptrace.ts";
import { UndoLog } from "./undo/undo-log.ts";

/** Opens the real kernel. Throws if this runtime or host cannot make system calls. */
export async function openKernel(): Promise<LinuxKernel> {
  return new LinuxKernel(new RawSyscalls(await openForeignFunctions()));
}

/**
 * The Kernel of this machine, driven by ptrace.
 *
 * Precondition: all calls come from the thread that created it. Requires CAP_SYS_PTRACE for tasks that changed their
 * credentials, and the capabilities that the programs need.
 */
export class LinuxKernel implements Kernel {
  readonly recording = false;
  readonly host: KernelHost;
  /** Raw system calls of this process, for tests and for packages on top of this one. */
  readonly raw: RawSyscalls;
  readonly #ptrace: Ptrace;
  readonly #undo: UndoLog;
  /** Cancels the janitor's orders to kill tasks that are not traced. */
  readonly #killLater: (() => void)[] = [];
  #tree: TracedTree | undefined;
  /** The tree whose stub every other stub is a fork of. */
  #template: TracedTree | undefined;
  /** The stub that was started last, not forked. */
  #stub: Stub | undefined;

  constructor(raw: RawSyscalls) {
    this.raw = raw;
    this.host = new LinuxHost(raw);
    this.#ptrace = new Ptrace(raw);
    this.#undo = new UndoLog(raw, this.#ptrace);
  }

  openSeizer(): Seizer {
    return new PtraceSeizer(this.raw, this.#undo);
  }

  startSleeper(): Sleeper {
    return startSleeper(this.raw, this.#ptrace);
  }

  collectGarbage(): void {
    collectGarbage();
  }

  async createStub(options: StubOptions): Promise<Stub> {
    if (this.#template !== undefined && this.#stub !== undefined) {
      this.#tree = forkTree(this.#template);
      return forkStub(this.#template, this.#tree, this.#stub, options);
    }
    this.#tree = startStub(this.raw, this.#ptrace, options);
    this.#stub = await prepareStub(this.#tree, options);
    return this.#stub;
  }
  keepStub(): void {
    this.#template = this.#requireTree();
    this.#tree = undefined;
  }
  run(tracee: Tracee, program: Program): Promise<void> {
    return program.length === 0 ? Promise.resolve() : this.#requireTree().runner.run(tracee, program);
  }
  async adopt(birth: Birth): Promise<Tracee> {
    return adopt(this.#requireTree(), birth);
  }
  call(tracee: Tracee, step: SyscallStep): number {
    return callBySyscallStops(this.#requireTree(), tracee, step);
  }
  conclude(processes: readonly (readonly ConcludedThread[])[]): void {
    conclude(this.#requireTree(), processes);
  }
  resume(tracees: readonly Tracee[]): readonly Tracee[] {
    return commit(this.#requireTree(), this.#undo, tracees);
  }
  resumeStopped(threads: readonly Tracee[], signal: number): readonly Tracee[] {
    const [leader] = threads;
    // It is not traced any more, and would outlive this process.
    if (leader !== undefined) this.#killLater.push(this.pushUndo([syscallStep("kill", leader.tid, SIG.KILL)]));
    return resumeStopped(this.#requireTree(), threads, signal);
  }
  async end(tracee: Tracee, exit: Exit): Promise<void> {
    endTask(this.#requireTree(), tracee, exit);
  }
  async killAll(): Promise<readonly number[]> {
    if (this.#tree === undefined) return [];
    const left = await killAll(this.#tree);
    // Their pids can soon be those of others.
    for (const forget of this.#killLater.splice(0)) forget();
    return left;
  }
  async dismissStub(root: number): Promise<void> {
    if (this.#tree !== undefined) await dismissStub(this.#tree, root);
  }

  pushUndo(steps: Program): () => void {
    return this.#undo.push(steps);
  }
  async runUndo(): Promise<readonly string[]> {
    return this.#undo.run();
  }
  async dismissUndo(): Promise<void> {
    this.#undo.dismiss();
  }

  /** Resolves when a child of this process has ended, reaping it; the event loop goes on meanwhile. */
  async waitForExit(pid: number): Promise<Exit> {
    for (let pause = 1; ; pause = Math.min(2 * pause, 100)) {
      const raw = this.#ptrace.poll(pid);
      if (raw === "gone") return { code: undefined, signal: undefined };
      const status = raw === undefined ? undefined : waitStatus(raw);
      if (status?.kind === "exited") return { code: status.code, signal: undefined };
      if (status?.kind === "killed") return { code: undefined, signal: status.signal };
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Replaces this program by another one. See {@link executeProgram}. */
  execute(...program: Parameters<typeof executeProgram> extends [RawSyscalls, ...infer Rest] ? Rest : never): never {
    return executeProgram(this.raw, ...program);
  }

  close(): void {
    if (this.#template !== undefined) endTemplate(this.#template);
    else this.#tree?.area.close();
    this.#template = undefined;
    this.#tree = undefined;
  }

  #requireTree(): TracedTree {
    if (this.#tree === undefined) throw new Error("Cannot control tasks: there is no stub");
    return this.#tree;
  }
}
