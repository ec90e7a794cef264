import type { Program, ProgramFailure, Step, SyscallStep } from "@restage/linux";
import { ERRNO, type ErrnoName, type SyscallName } from "@restage/linux/abi";

/** A failure that a recording kernel is told to invent, at a call of a name. */
export interface PlannedFailure {
  /** The call that fails. */
  readonly call: SyscallName;
  /** Whose call: the id of a task or thread, `"stub"` or `"coordinator"`; left out: whoever makes it first. */
  readonly of?: number | "stub" | "coordinator";
  /** Which of its calls of that name, from 1; left out: every one. */
  readonly nth?: number;
  /** With which errno it fails, or what it returns. */
  readonly result: ErrnoName | number;
  /** Instead: the task is killed or hangs in the call, which then never returns. */
  readonly failure?: Exclude<ProgramFailure, { readonly kind: "result" }>;
}

/** Finds out which planned failure a call meets. */
export class PlannedFailures {
  readonly #planned: readonly { readonly failure: PlannedFailure; seen: number }[];

  constructor(planned: readonly PlannedFailure[]) {
    this.#planned = planned.map((failure) => ({ failure, seen: 0 }));
  }

  /** The failure that this call meets, if any; counts the call. */
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

/** What a planned failure makes a call return. */
export function plannedResult({ result }: PlannedFailure): number {
  return typeof result === "number" ? result : -ERRNO[result];
}

/** Is a result a success of its step, by the rules of the interpreter? */
export function isSuccess({ expected, allowed }: SyscallStep, result: number): boolean {
  if (expected !== undefined) return BigInt(result) === BigInt(expected);
  if (result >= 0 || result < -4095) return true;
  return allowed === "any" || (allowed?.includes(-result) ?? false);
}

/** What a program that failed is rejected with: of the shape of the real kernel's ProgramError. */
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
