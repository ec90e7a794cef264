import type { PhaseName } from "./dump/phases.ts";
import type { RestoreError } from "./errors.ts";
import type { RecordedStep } from "./program/program-builder.ts";
import type { Finding } from "./restore/plan.ts";
import type { StageName } from "./restore/stages.ts";

/** What happens in a restore, in order, for progress, traces and printed plans. Times are milliseconds of performance.now(). */
export type RestoreEvent =
  | TapEvent
  | LeftOutEvent
  | { readonly kind: "planned"; readonly time: number; readonly tasks: number; readonly findings: readonly Finding[] }
  | { readonly kind: "stage-started"; readonly time: number; readonly stage: StageName; readonly participants: number }
  | { readonly kind: "stage-left"; readonly time: number; readonly stage: StageName; readonly milliseconds: number }
  /** A program ran in a task; its steps have their results. In a dry run, it is what would run. */
  | {
      readonly kind: "program";
      readonly time: number;
      readonly stage: StageName;
      /** `stub`, or the thread. */
      readonly target: string;
      readonly pid: number | undefined;
      readonly tid: number | undefined;
      readonly steps: readonly RecordedStep[];
      readonly milliseconds: number;
      readonly failed: boolean;
    }
  | { readonly kind: "committed"; readonly time: number }
  | { readonly kind: "resumed"; readonly time: number; readonly pid: number; readonly threads: number }
  | { readonly kind: "failed"; readonly time: number; readonly error: RestoreError; readonly left: readonly string[] };

/** What happens in a checkpoint, in order. */
export type DumpEvent =
  | TapEvent
  | LeftOutEvent
  | { readonly kind: "phase-started"; readonly time: number; readonly phase: PhaseName }
  | { readonly kind: "phase-left"; readonly time: number; readonly phase: PhaseName; readonly milliseconds: number }
  /** Memory is being saved: how many bytes so far. Told a few times a second. */
  | { readonly kind: "memory"; readonly time: number; readonly bytes: number }
  /** The tree resumed, or ended; `frozen` is how long it was stopped, in milliseconds. */
  | { readonly kind: "thawed"; readonly time: number; readonly frozen: number }
  | { readonly kind: "saved"; readonly time: number; readonly tasks: number }
  | { readonly kind: "failed"; readonly time: number; readonly error: RestoreError; readonly left: readonly string[] };

/** A tap of a plugin ran in the coordinator. */
export interface TapEvent {
  readonly kind: "tap";
  readonly time: number;
  readonly hook: string;
  readonly plugin: string;
  readonly milliseconds: number;
}

/** A dry run did not call the taps of a hook, because they can change something outside. */
export interface LeftOutEvent {
  readonly kind: "left-out";
  readonly time: number;
  readonly hook: string;
  readonly taps: readonly string[];
}

export type RestoreListener = (event: RestoreEvent) => void;
export type DumpListener = (event: DumpEvent) => void;
