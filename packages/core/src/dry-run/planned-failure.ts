import type { Program, ProgramFailure, Step, SyscallStep } from "@restage/linux";
import { ERRNO, type ErrnoName, type SyscallName } from "@restage/linux/abi";

/** A call that a recording kernel fails on request. */
export interface PlannedFailure {
  /** The name of the call. */
  readonly call: SyscallName;
  /** The caller: the id of a task or thread, `"stub"` or `"coordinator"`. Without it, the first to make the call. */
  readonly of?: number | "stub" | "coordinator";
  /** Which of its calls of that name, from 1. Without it, every one. */
  readonly nth?: number;
  /** The errno with which it fails, or its result. */
  readonly result: ErrnoName | number;
  /** Instead of a result: the task is killed, or hangs in the call. */
  readonly failure?: Exclude<ProgramFailure, { readonly kind: "result" }>;
}

/** Finds the planned failure of a call. */
export class PlannedFailures {
  readonly #planned: readonly { readonly failure: PlannedFailure; seen: number }[];

  constructor(planned: readonly PlannedFailure[]) {
    this.#planned = planned.map((failure) => ({ failure, seen: 0 }));
  }

  /** Counts the call, and returns its failure, if any. */
  meet(step: SyscallStep, who: number | "stub" | "coordinator"): PlannedFailure | undefined {
    let met: PlannedFailure | undefined;
    for (const planned of this.#planned) {
      const { call, of, nth } = planned.failure;
      if (call !== step.name || (of !== undefined && of !== who)) continue;
      planned.seen++;
      if (nth === undefined || nth === planned.seen) met ??= planned.failure;
    }
    return met;
  }
}

/** The result of a call that fails as planned. */
export function plannedResult({ result }: PlannedFailure): number {
  return typeof result === "number" ? result : -ERRNO[result];
}

/** Whether a result is a success of its step, by the interpreter's rules. */
export function isSuccess({ expected, allowed }: SyscallStep, result: number): boolean {
  if (expected !== undefined) return BigInt(result) === BigInt(expected);
  if (result >= 0 || result < -4095) return true;
  return allowed === "any" || (allowed?.includes(-result) ?? false);
}

/** The error of a failed program, with the members of the real kernel's ProgramError. */
export class RecordedProgramError extends Error {
  override readonly name = "ProgramError";
  readonly tid: number;
  readonly program: Program;
  readonly step: Step;
  readonly failure: ProgramFailure;

  constructor(tid: number, program: Program, step: Step, failure: ProgramFailure) {
    super(`Program of ${tid} failed: ${failure.kind}`);
    this.tid = tid;
    this.program = program;
    this.step = step;
    this.failure = failure;
  }
}
