import type { Kernel, Tracee } from "@restage/linux";
import { CLONE } from "@restage/linux/abi";
import { RestoreError } from "../errors.ts";
import type { RestoreListener } from "../events.ts";
import { type Fork, ProgramBuilder, type RecordedStep } from "../program/program-builder.ts";
import { programFailure } from "../program/program-failure.ts";
import type { ProgramTarget } from "../program/program-target.ts";
import type { Births } from "./births.ts";
import type { Stage } from "./stages.ts";
import { Task, Thread } from "./task.ts";

/** Runs the programs that taps record, in their tasks and threads, and takes over what they fork. */
export class ProgramRunner {
  readonly #kernel: Kernel;
  readonly #births: Births;
  readonly #emit: RestoreListener;

  constructor(kernel: Kernel, births: Births, emit: RestoreListener) {
    this.#kernel = kernel;
    this.#births = births;
    this.#emit = emit;
  }

  /** Opens a program for a target, lets taps record into it, runs it, and seals it. */
  async withProgram(
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
    const ids = idsOf(target);
    const { tracee } = target;
    if (tracee === undefined) throw new Error(`Cannot run a program of ${target.name}: it was never forked`);
    const started = performance.now();
    let failed = true;
    try {
      await this.#kernel.run(tracee, steps);
      for (const fork of forks) {
        await this.#adopt(tracee, fork);
        this.#births.announce(fork.child);
      }
      failed = false;
    } catch (error) {
      await this.#adoptBorn(tracee, forks);
      const failure = programFailure(error, target.name, { stage: stage.name, ...ids });
      throw failure.code === "ERR_PID_TAKEN" && tracee.inPidNamespace !== true
        ? pidTaken(this.#kernel, failure, unborn(steps, forks))
        : failure;
    } finally {
      const time = performance.now();
      const milliseconds = time - started;
      this.#emit({
        kind: "program",
        time,
        stage: stage.name,
        target: target.name,
        ...ids,
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

  /** What a program forked before it failed exists, and the kernel must know of it to end it. */
  async #adoptBorn(forker: Tracee, forks: readonly Fork[]): Promise<void> {
    for (const fork of forks) {
      if ((fork.call.step.result ?? 0) > 0 && fork.child.tracee === undefined) await this.#adopt(forker, fork);
    }
  }
}

/** The task or thread that a program could not fork. */
function unborn(steps: readonly RecordedStep[], forks: readonly Fork[]): Task | Thread | undefined {
  const fork = forks.find(({ call }) => steps.includes(call.step as RecordedStep) && (call.step.result ?? -1) < 0);
  return fork?.child instanceof Task || fork?.child instanceof Thread ? fork.child : undefined;
}

/** The failure of a fork whose pid could not be set, with the process that has the pid. */
export function pidTaken(kernel: Kernel, failure: RestoreError, child: Task | Thread | undefined): RestoreError {
  if (child === undefined) return failure;
  const pid = child instanceof Task ? child.pid : child.tid;
  const holder = kernel.host.pidHolder(pid) ?? "a task that has ended meanwhile";
  return new RestoreError("ERR_PID_TAKEN", `Cannot create ${child.name}: pid ${pid} is in use by ${holder}`, {
    ...failure,
    pid: child instanceof Task ? child.pid : child.task.pid,
    hint: "end it, wait until it is gone, or restore in a new pid namespace (newPidNamespace, --new-pid-namespace)",
  });
}

function idsOf(target: ProgramTarget): { readonly pid: number | undefined; readonly tid: number | undefined } {
  if (target instanceof Task) return { pid: target.pid, tid: target.pid };
  if (target instanceof Thread) return { pid: target.task.pid, tid: target.tid };
  return { pid: undefined, tid: undefined };
}
