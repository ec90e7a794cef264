import { encodeText } from "@restage/images";
import type { Data, DataField, LoadedOperand, Operand, ResultOperand, SyscallStep, Word } from "@restage/linux";
import { ERRNO, type ErrnoName } from "@restage/linux/abi";
import { didYouMean } from "../nearest.ts";

/**
 * A system call that was recorded and will run in a task. Its result can be an argument of later calls before it exists.
 */
export class Call implements ResultOperand {
  readonly kind = "result";
  readonly step: SyscallStep;

  constructor(step: SyscallStep) {
    this.step = step;
  }

  /** Accepts only this result; for reads and writes, expect the number of bytes, so that a short one is a failure. */
  expect(result: Word): this {
    if (typeof result !== "bigint" && !Number.isInteger(result)) {
      throw new TypeError(`Cannot expect ${result} of ${this.step.name}(): it is not an integer`);
    }
    this.step.expected = result;
    this.#check();
    return this;
  }

  /** Tolerates these errors, which the trace shows. At most four, or `"any"`, and none where one result is expected. */
  allow(...errors: readonly [ErrnoName | "any", ...ErrnoName[]]): this {
    if (errors.length > 4)
      throw new RangeError(`Cannot allow ${errors.length} errors of ${this.step.name}(): at most four, or "any"`);
    const unknown = errors.find((name) => name !== "any" && !Object.hasOwn(ERRNO, name));
    if (unknown !== undefined) {
      const hint = didYouMean(unknown, Object.keys(ERRNO));
      throw new TypeError(
        `Cannot allow ${unknown} of ${this.step.name}(): no such error${hint === undefined ? "" : `; ${hint}`}`,
      );
    }
    this.step.allowed = errors[0] === "any" ? "any" : (errors as readonly ErrnoName[]).map((name) => ERRNO[name]);
    this.#check();
    return this;
  }

  /** Repeats the call every 10 ms while the kernel returns EBUSY or EEXIST, for so many milliseconds; not where one result is expected. */
  patient(milliseconds: number): this {
    this.step.patience = Math.ceil(milliseconds / 10);
    this.#check();
    return this;
  }

  /** The interpreter compares either with one result or with errors. */
  #check(): void {
    const { name, expected, allowed, patience } = this.step;
    if (expected === undefined || (allowed === undefined && patience === undefined)) return;
    const what = allowed === undefined ? "wait while it is busy" : "allow errors too";
    throw new TypeError(`Cannot expect one result of ${name}() and ${what}`);
  }

  /** Adds advice to the error if the call fails. */
  hint(text: string): this {
    (this.step as { hint?: string }).hint = text;
    return this;
  }

  /** The result, after the program has run (`await task.flush()`). Throws before that. */
  get result(): number {
    if (this.step.result === undefined)
      throw new Error(`Cannot read the result of ${this.step.name}(): it has not run yet; flush first`);
    return this.step.result;
  }

  /** Whether it ran and failed with a tolerated error. */
  get failed(): boolean {
    return this.result < 0 && this.result >= -4095;
  }
}

/** A value for a call's argument: a number, or the result of an earlier call. */
export type Value = Word | ResultOperand | LoadedOperand;

/** Bytes that are copied into the task with the program. */
export function data(bytes: Uint8Array, fields: readonly DataField[] = []): Data {
  return { kind: "data", bytes, fields, output: false };
}

/** A buffer of `size` bytes that the kernel fills. */
export function output(size: number): Data {
  return { kind: "data", bytes: new Uint8Array(size), fields: [], output: true };
}

/** A value of `size` bytes that the kernel writes at `offset` of a buffer, loaded when a later call uses it. */
export function loaded(from: Data, offset: number, size: 4 | 8): LoadedOperand {
  return { kind: "loaded", data: from, offset, size };
}

/** The address of data. */
export function addressOf(target: Data, offset = 0): Operand {
  return { kind: "address", data: target, offset };
}

/** A NUL-terminated string. */
export function cString(text: string): Data {
  return data(encodeText(`${text}\0`));
}

/**
 * A structure of u64 (`8`) and u32 (`4`) fields in order, without gaps; values can be results or addresses of other data.
 */
export function struct(...fields: readonly (readonly [4 | 8, Operand])[]): Data {
  const bytes = new Uint8Array(fields.reduce((size, [width]) => size + width, 0));
  const view = new DataView(bytes.buffer);
  const later: DataField[] = [];
  let offset = 0;
  for (const [size, value] of fields) {
    if (typeof value === "object") later.push({ offset, size, value });
    else if (size === 8) view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
    else view.setUint32(offset, Number(BigInt.asUintN(32, BigInt(value))), true);
    offset += size;
  }
  return data(bytes, later);
}

/** A sequence of u64 words. */
export function words(...values: readonly Operand[]): Data {
  return struct(...values.map((value) => [8, value] as const));
}
