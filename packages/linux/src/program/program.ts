import type { SyscallName } from "../abi/syscall.ts";

/** A 64-bit value: a number where it fits one exactly, else a bigint. */
export type Word = number | bigint;

/** Bytes that a program brings along, or room that the kernel fills. */
export interface Data {
  readonly kind: "data";
  readonly bytes: Uint8Array;
  /** Values that become known only later, or addresses of other data: written into `bytes` at `offset`. */
  readonly fields: readonly DataField[];
  /** True when the kernel writes here: `bytes` is brought up to date once the program ran. */
  readonly output: boolean;
}

export interface DataField {
  readonly offset: number;
  readonly size: 4 | 8;
  readonly value: Operand;
}

/** What an earlier step returned. */
export interface ResultOperand {
  readonly kind: "result";
  readonly step: SyscallStep;
}

/** What the kernel wrote to memory, for example a descriptor of pipe2(2). */
export interface LoadedOperand {
  readonly kind: "loaded";
  readonly data: Data;
  readonly offset: number;
  readonly size: 4 | 8;
}

/** Where data will be in the task. */
export interface AddressOperand {
  readonly kind: "address";
  readonly data: Data;
  readonly offset: number;
}

/** An argument of a deferred system call. */
export type Operand = Word | ResultOperand | LoadedOperand | AddressOperand;

/** A system call to be made in the task. */
export interface SyscallStep {
  readonly kind: "syscall";
  readonly name: SyscallName;
  readonly args: readonly Operand[];
  /** The one result that counts as success. Without it, everything that is not an error. */
  expected?: Word;
  /** Errors (numbers) that count as success too, at most four, or all of them. */
  allowed?: readonly number[] | "any";
  /** How often it is made again when it gives EBUSY, 10 ms later each time. Not with `expected`. */
  patience?: number;
  /** Set once it ran: the result, or -errno. */
  result?: number;
}

/** Bytes to be copied to an address of the task. */
export interface CopyStep {
  readonly kind: "copy";
  readonly to: Operand;
  readonly from: Data;
}

/** Whole pages to be made equal to others of the task; those that are equal already are not touched, and stay shared. */
export interface MergeStep {
  readonly kind: "merge";
  readonly to: Operand;
  readonly from: Operand;
  /** Bytes, a multiple of the page size. */
  readonly length: number;
}

export type Step = SyscallStep | CopyStep | MergeStep;

/** Steps that run in a task without a stop in between. */
export type Program = readonly Step[];
