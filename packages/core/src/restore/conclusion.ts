import type { ConcludedThread, Kernel, Tracee } from "@restage/linux";
import { SIG } from "@restage/linux/abi";
import { RestoreError } from "../errors.ts";
import { programFailure } from "../program/program-failure.ts";
import type { Task, Thread } from "./task.ts";

/** Gives all threads their final state, after which no program can run in them, and resumes them. */
export class Conclusion {
  readonly #kernel: Kernel;
  readonly #survivors: readonly Task[];
  readonly #leaveStopped: boolean;

  /** @param survivors the tasks that go on after the restore. */
  constructor(kernel: Kernel, survivors: readonly Task[], leaveStopped: boolean) {
    this.#kernel = kernel;
    this.#survivors = survivors;
    this.#leaveStopped = leaveStopped;
  }

  /**
   * Sets registers and signal masks. Tasks that come back stopped are put into their stop first, before an instruction of their own: their parents can
   * then discard the SIGCHLD which that queues.
   */
  conclude(): void {
    const stopped = this.#survivors.filter((task) => this.#stopSignal(task) !== undefined);
    for (const task of stopped.reverse()) {
      this.#concludeTasks([task]);
      this.#kernel.resumeStopped(traceesOf(task), this.#stopSignal(task) ?? SIG.STOP);
    }
    this.#concludeTasks(this.#running());
  }

  /**
   * Resumes every thread that is not to stay stopped.
   *
   * @returns the number of threads, and those among them that were gone.
   */
  resume(): { readonly threads: number; readonly gone: readonly Tracee[] } {
    const tracees = this.#running().flatMap(traceesOf);
    return { threads: tracees.length, gone: this.#kernel.resume(tracees) };
  }

  #running(): readonly Task[] {
    return this.#survivors.filter((task) => this.#stopSignal(task) === undefined);
  }

  #concludeTasks(tasks: readonly Task[]): void {
    try {
      this.#kernel.conclude(tasks.map((task) => task.threads.map(concluded)));
    } catch (error) {
      const [only] = tasks.length === 1 ? tasks : [];
      throw programFailure(error, only?.name ?? "the tree", { stage: "COMPLETE" });
    }
  }

  /** The signal with which a task comes back stopped. */
  #stopSignal(task: Task): number | undefined {
    if (task.kind === "stopped") return task.core.tc?.stop_signo ?? SIG.STOP;
    return this.#leaveStopped ? SIG.STOP : undefined;
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
