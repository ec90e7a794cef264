import type { SyscallName } from "../abi/syscall.ts";

/** A 64-bit value: a number where it fits one exactly, else a bigint. */
export type Word = number | bigint;

/** Bytes that are part of a program, or space that the kernel fills. */
export interface Data {
  readonly kind: "data";
  readonly bytes: Uint8Array;
  /** Pending results and addresses of other data, which are written into `bytes` before the step that uses it. */
  readonly fields: readonly DataField[];
  /** True if the kernel writes here. `bytes` then has its data once the program has run. */
  readonly output: boolean;
}

export interface DataField {
  readonly offset: number;
  readonly size: 4 | 8;
  readonly value: Operand;
}

/** The result of an earlier step. */
export interface ResultOperand {
  readonly kind: "result";
  readonly step: SyscallStep;
}

/** A value that the kernel wrote to memory, for example a descriptor of pipe2(2). */
export interface LoadedOperand {
  readonly kind: "loaded";
  readonly data: Data;
  readonly offset: number;
  readonly size: 4 | 8;
}

/** The address of data in the task. */
export interface AddressOperand {
  readonly kind: "address";
  readonly data: Data;
  readonly offset: number;
}

/** An argument of a deferred system call. */
export type Operand = Word | ResultOperand | LoadedOperand | AddressOperand;

/** A system call of the task. */
export interface SyscallStep {
  readonly kind: "syscall";
  readonly name: SyscallName;
  readonly args: readonly Operand[];
  /** The only result that counts as success. Without it, every result that is not an error does. */
  expected?: Word;
  /** Errors, by number, that count as success too: at most four, or any. */
  allowed?: readonly number[] | "any";
  /** How often the call is repeated on EBUSY or EEXIST, 10 ms apart. Not together with `expected`. */
  patience?: number;
  /** The result, or -errno; set once the step has run. */
  result?: number;
}

/** Copies bytes to an address of the task. */
export interface CopyStep {
  readonly kind: "copy";
  readonly to: Operand;
  readonly from: Data;
}

/** Copies whole pages of the task over others that differ. Equal pages are not touched, and stay shared. */
export interface MergeStep {
  readonly kind: "merge";
  readonly to: Operand;
  readonly from: Operand;
  /** Bytes, a multiple of the page size. */
  readonly length: number;
}

export type Step = SyscallStep | CopyStep | MergeStep;

/** Steps that run in a task one after the other, without a stop. */
export type Program = readonly Step[];
