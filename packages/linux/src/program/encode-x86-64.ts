import { syscallNumber } from "../abi/syscall.ts";
import { FLAG_EXPECT, FLAG_PATIENT, LOAD, NOT_RUN_HIGH, OPERATION, RECORD } from "./interpreter-x86-64.ts";
import type { Data, LoadedOperand, Operand, Program, ResultOperand, Step, SyscallStep, Word } from "./program.ts";

/** Shared memory that holds programs. The coordinator's `offset` is `address + offset` in a task. */
export interface ProgramMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** The address of the memory in the task that runs the program. */
  readonly address: number;
  /** Reserves memory and returns its offset, a multiple of 8. Throws when there is not enough. */
  allocate(size: number): number;
}

/** A program in shared memory. */
export interface EncodedProgram {
  /** Its address in the task. */
  readonly address: number;
  /** Makes the program continue with the one at this address instead of stopping at its end. Can be called until the program has reached its end. */
  continueAt(address: number): void;
  /** Makes the program jump to machine code at this address instead of stopping at its end. */
  leaveTo(address: number): void;
  /** Copies results and outputs into the steps. Returns how far the program got. */
  collect(): Outcome;
}

/** How far a program got. `failed` is the step that failed or has not returned. */
export type Outcome =
  | { readonly finished: true }
  | { readonly finished: false; readonly failed: Step; readonly index: number; readonly result: number | undefined };

interface Record {
  readonly operation: number;
  readonly step: Step | undefined;
  readonly args: readonly Operand[];
}

const NO_ARGS: readonly Operand[] = [];

/**
 * Writes a program into shared memory. The interpreter loads arguments that are results of earlier steps. Data that holds such a
 * result gets a store before the step that first uses the data.
 *
 * Throws a RangeError when the memory is too small.
 */
export function encodeProgram(program: Program, memory: ProgramMemory): EncodedProgram {
  const records: Record[] = [];
  const recordOf = new Map<Step, number>();
  const dataOffsets = new Map<Data, number>();
  const datas: Data[] = [];
  let dataSize = 0;

  function isPending(value: Operand): value is ResultOperand | LoadedOperand {
    if (typeof value !== "object") return false;
    return value.kind === "result" ? recordOf.has(value.step) : value.kind === "loaded" && dataOffsets.has(value.data);
  }
  function addData(data: Data): void {
    if (dataOffsets.has(data)) return;
    dataOffsets.set(data, dataSize);
    datas.push(data);
    dataSize += (data.bytes.length + 7) & ~7;
    for (const field of data.fields) {
      if (typeof field.value === "object" && field.value.kind === "address") addData(field.value.data);
      if (!isPending(field.value)) continue;
      const target: Operand = { kind: "address", data, offset: field.offset };
      const operation = field.size === 4 ? OPERATION.STORE_32 : OPERATION.STORE_64;
      records.push({ operation, step: undefined, args: [target, field.value] });
    }
  }
  function addDataOf(value: Operand): void {
    if (typeof value === "object" && value.kind === "address") addData(value.data);
  }
  for (const step of program) {
    if (step.kind === "syscall") {
      for (const argument of step.args) addDataOf(argument);
      recordOf.set(step, records.length);
      records.push({ operation: OPERATION.CALL, step, args: step.args });
    } else if (step.kind === "merge") {
      recordOf.set(step, records.length);
      records.push({ operation: OPERATION.MERGE, step, args: [step.to, step.from, step.length] });
    } else {
      addData(step.from);
      addDataOf(step.to);
      const from: Operand = { kind: "address", data: step.from, offset: 0 };
      recordOf.set(step, records.length);
      records.push({ operation: OPERATION.COPY, step, args: [step.to, from, step.from.bytes.length] });
    }
  }
  records.push({ operation: OPERATION.END, step: undefined, args: NO_ARGS });

  const start = memory.allocate(records.length * RECORD.size + dataSize);
  const dataStart = start + records.length * RECORD.size;
  const { bytes, words } = memory;

  function addressOf(data: Data, offset: number): number {
    return memory.address + dataStart + (dataOffsets.get(data) as number) + offset;
  }
  /** The word to write: the operand's value, or the address from which the interpreter loads it. */
  function resolve(value: Operand): Word {
    if (typeof value !== "object") return value;
    if (value.kind === "address") return addressOf(value.data, value.offset);
    if (value.kind === "result") {
      const index = recordOf.get(value.step);
      if (index === undefined) return earlierResult(value.step);
      return memory.address + start + index * RECORD.size + RECORD.result;
    }
    if (dataOffsets.has(value.data)) return addressOf(value.data, value.offset);
    return readField(value.data.bytes, value.offset, value.size);
  }
  /** How the interpreter loads an operand. */
  function loadOf(value: Operand): number {
    if (!isPending(value)) return LOAD.NONE;
    return value.kind === "loaded" && value.size === 4 ? LOAD.WORD_32 : LOAD.WORD_64;
  }

  words.fill(0, start >> 2, dataStart >> 2);

  for (let index = 0; index < records.length; index++) {
    const record = records[index] as Record;
    const at = (start + index * RECORD.size) >> 2;
    words[at + (RECORD.result >> 2) + 1] = NOT_RUN_HIGH;
    let flags = 0;
    let loads = 0;
    for (let n = 0; n < record.args.length; n++) {
      const value = record.args[n] as Operand;
      writeWord(words, at + (RECORD.args >> 2) + 2 * n, resolve(value));
      loads |= loadOf(value) << (2 * n);
    }
    words[at + (RECORD.loads >> 2)] = loads;
    const step = record.step;
    if (step?.kind === "syscall") {
      words[at] = syscallNumber(step.name);
      if (step.expected !== undefined) {
        flags |= FLAG_EXPECT;
        writeWord(words, at + (RECORD.expected >> 2), step.expected);
      } else if (step.patience !== undefined) {
        flags |= FLAG_PATIENT;
        writeWord(words, at + (RECORD.expected >> 2), step.patience);
      }
      const allowed = step.allowed === "any" ? [0xffff] : (step.allowed ?? []);
      words[at + (RECORD.allowed >> 2)] = (allowed[0] ?? 0) | ((allowed[1] ?? 0) << 16);
      words[at + (RECORD.allowed >> 2) + 1] = (allowed[2] ?? 0) | ((allowed[3] ?? 0) << 16);
    }
    words[at + 1] = record.operation | (flags << 16);
  }
  for (const data of datas) {
    const at = dataStart + (dataOffsets.get(data) as number);
    bytes.set(data.bytes, at);
    for (const field of data.fields) {
      if (!isPending(field.value)) writeField(bytes, at + field.offset, field.size, resolve(field.value));
    }
  }

  let continued = false;
  // The memory may have grown meanwhile: read it through its current views.
  function collect(): Outcome {
    const { bytes, words } = memory;
    // A jump at the end has no result.
    const count = continued ? records.length - 1 : records.length;
    for (let index = 0; index < count; index++) {
      const at = (start + index * RECORD.size + RECORD.result) >> 2;
      const high = words[at + 1] as number;
      const { step, operation } = records[index] as Record;
      if (high === NOT_RUN_HIGH) {
        const last = records[index - 1];
        // Stores and copies cannot fail: the call before them did.
        if (last?.step?.kind === "syscall" && !isSuccess(last.step, exactResult(words, index - 1))) {
          return { finished: false, failed: last.step, index: program.indexOf(last.step), result: last.step.result };
        }
        const waiting = step ?? stepAfter(records, index) ?? (program.at(-1) as Step);
        return { finished: false, failed: waiting, index: program.indexOf(waiting), result: undefined };
      }
      if (operation === OPERATION.CALL)
        (step as SyscallStep).result = high * 0x1_0000_0000 + ((words[at] as number) >>> 0);
    }
    for (const data of datas) {
      if (!data.output) continue;
      const at = dataStart + (dataOffsets.get(data) as number);
      data.bytes.set(bytes.subarray(at, at + data.bytes.length));
    }
    return { finished: true };
  }
  /** All 64 bits, of which a number holds 53. */
  function exactResult(words: Int32Array, index: number): bigint {
    const at = (start + index * RECORD.size + RECORD.result) >> 2;
    return (BigInt(words[at + 1] as number) << 32n) | BigInt((words[at] as number) >>> 0);
  }
  function endWith(operation: number, address: number): void {
    const { words } = memory;
    const end = (start + (records.length - 1) * RECORD.size) >> 2;
    writeWord(words, end + (RECORD.args >> 2), address);
    words[end + 1] = operation;
    continued = true;
  }
  return {
    address: memory.address + start,
    collect,
    continueAt: (address) => endWith(OPERATION.JUMP, address),
    leaveTo: (address) => endWith(OPERATION.LEAVE, address),
  };
}

/** Tells whether the result of a step is a success, by the interpreter's rules. */
export function isSuccess(step: SyscallStep, result: Word | undefined = step.result): boolean {
  const { expected, allowed } = step;
  if (result === undefined) return false;
  if (expected !== undefined) return BigInt(result) === BigInt(expected);
  if (result >= 0 || result < -4095) return true;
  return allowed === "any" || (allowed?.includes(-Number(result)) ?? false);
}

function stepAfter(records: readonly Record[], index: number): Step | undefined {
  for (const { step } of records.slice(index)) if (step !== undefined) return step;
  return undefined;
}

function earlierResult(step: SyscallStep): number {
  if (step.result === undefined) throw new Error(`Cannot use the result of ${step.name}(): it has not run`);
  return step.result;
}

function readField(bytes: Uint8Array, offset: number, size: 4 | 8): Word {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return size === 4 ? view.getUint32(offset, true) : view.getBigUint64(offset, true);
}

export function writeField(bytes: Uint8Array, offset: number, size: 4 | 8, value: Word): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (size === 8) view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
  else view.setUint32(offset, Number(BigInt.asUintN(32, BigInt(value))), true);
}

/** Writes 64 bits at an index of 32-bit words. */
export function writeWord(words: Int32Array, at: number, value: Word): void {
  if (typeof value === "number") {
    words[at] = (value % 0x1_0000_0000) | 0;
    words[at + 1] = Math.floor(value / 0x1_0000_0000);
    if (value < 0) words[at] = Number(BigInt.asIntN(32, BigInt(value)));
  } else {
    words[at] = Number(BigInt.asIntN(32, value));
    words[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
  }
}
