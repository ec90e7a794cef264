import { describe, expect, it } from "vitest";
import { ERRNO, syscallNumber } from "../src/abi/mod.ts";
import { encodeProgram, isSuccess, type ProgramMemory } from "../src/program/encode-x86-64.ts";
import { FLAG_EXPECT, FLAG_PATIENT, LOAD, NOT_RUN, OPERATION, RECORD } from "../src/program/interpreter-x86-64.ts";
import type { Program, SyscallStep, Word } from "../src/program/program.ts";
import { addressOf, call, data, output, resultOf } from "./steps.ts";

const ADDRESS = 0x100_0000_0000;
/** Where programs begin in the memory: not at its start, as in a restorer area. */
const FIRST = 4096;

/** Memory that no task runs in. */
class Memory implements ProgramMemory {
  readonly address = ADDRESS;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly view: DataView;
  #used = FIRST;

  constructor(size = 64 * 1024) {
    this.bytes = new Uint8Array(size).fill(0xee);
    this.words = new Int32Array(this.bytes.buffer);
    this.view = new DataView(this.bytes.buffer);
  }

  allocate(size: number): number {
    const at = this.#used;
    if (at + size > this.bytes.length) throw new RangeError("full");
    this.#used = (at + size + 7) & ~7;
    return at;
  }

  record(index: number) {
    const at = FIRST + index * RECORD.size;
    const word = (offset: number) => this.view.getBigUint64(at + offset, true);
    return {
      number: this.view.getUint32(at + RECORD.number, true),
      operation: this.view.getUint16(at + RECORD.operation, true),
      flags: this.view.getUint16(at + RECORD.flags, true),
      args: [0, 1, 2, 3, 4, 5].map((n) => word(RECORD.args + 8 * n)),
      result: this.view.getBigInt64(at + RECORD.result, true),
      expected: word(RECORD.expected),
      allowed: [0, 2, 4, 6].map((n) => this.view.getUint16(at + RECORD.allowed + n, true)),
      loads: this.view.getUint32(at + RECORD.loads, true),
    };
  }

  /** What the interpreter does when a record has run. */
  finish(index: number, result: Word): void {
    this.view.setBigInt64(FIRST + index * RECORD.size + RECORD.result, BigInt(result), true);
  }

  addressOfResult(index: number): bigint {
    return BigInt(ADDRESS + FIRST + index * RECORD.size + RECORD.result);
  }
}

/** The word that a load of an argument gives: two bits for each. */
function loadOf(loads: number, argument: number): number {
  return (loads >> (2 * argument)) & 3;
}

describe("encodeProgram", () => {
  it("writes a call as a record that has not run, followed by an end", () => {
    const memory = new Memory();
    const { address } = encodeProgram([call("lseek", 3, 5, 1)], memory);
    expect(address).toBe(ADDRESS + FIRST);
    expect(memory.record(0)).toEqual({
      number: syscallNumber("lseek"),
      operation: OPERATION.CALL,
      flags: 0,
      args: [3n, 5n, 1n, 0n, 0n, 0n],
      result: NOT_RUN,
      expected: 0n,
      allowed: [0, 0, 0, 0],
      loads: 0,
    });
    expect(memory.record(1).operation).toBe(OPERATION.END);
  });

  it.each<[Word, bigint]>([
    [-1, 0xffff_ffff_ffff_ffffn],
    [-100, 0xffff_ffff_ffff_ff9cn],
    [-0x8000_0000, 0xffff_ffff_8000_0000n],
    [-0x1_0000_0000, 0xffff_ffff_0000_0000n],
    [-0x1_0000_0001, 0xffff_fffe_ffff_ffffn],
    [0xffff_ffff, 0xffff_ffffn],
    [0x7fff_ffff_f000, 0x7fff_ffff_f000n],
    [Number.MAX_SAFE_INTEGER, 0x1f_ffff_ffff_ffffn],
    [Number.MIN_SAFE_INTEGER, 0xffe0_0000_0000_0001n],
    [0xffff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn],
    [0x20_0000_0000_0001n, 0x20_0000_0000_0001n],
    [-5n, 0xffff_ffff_ffff_fffbn],
  ])("writes %s as 64 bits", (value, bits) => {
    const memory = new Memory();
    encodeProgram([call("close", value)], memory);
    expect(memory.record(0).args[0]).toBe(bits);
  });

  it("loads the result of an earlier step as an argument", () => {
    const memory = new Memory();
    const open = call("openat", -100, 0, 0);
    encodeProgram([open, call("getpid"), call("dup3", resultOf(open), 7, resultOf(open))], memory);
    const { args, loads } = memory.record(2);
    expect(args.slice(0, 3)).toEqual([memory.addressOfResult(0), 7n, memory.addressOfResult(0)]);
    expect([0, 1, 2].map((n) => loadOf(loads, n))).toEqual([LOAD.WORD_64, LOAD.NONE, LOAD.WORD_64]);
  });

  it("takes the result of an earlier program's step as a value", () => {
    const memory = new Memory();
    const open = call("openat", -100, 0, 0);
    open.result = 9;
    encodeProgram([call("close", resultOf(open))], memory);
    expect(memory.record(0)).toMatchObject({ args: [9n, 0n, 0n, 0n, 0n, 0n], loads: 0 });
  });

  it("refuses the result of a step that has not run", () => {
    expect(() => encodeProgram([call("close", resultOf(call("openat")))], new Memory())).toThrow(/openat.*has not run/);
  });

  it("loads what the kernel writes, in its size", () => {
    const memory = new Memory();
    const pair = output(8);
    const end = { kind: "loaded", data: pair, offset: 4, size: 4 } as const;
    encodeProgram(
      [call("pipe2", addressOf(pair), 0), call("close", end), call("close", { ...end, offset: 0, size: 8 })],
      memory,
    );
    const at = memory.record(0).args[0] ?? 0n;
    expect(memory.record(1).args[0]).toBe(at + 4n);
    expect(loadOf(memory.record(1).loads, 0)).toBe(LOAD.WORD_32);
    expect(memory.record(2).args[0]).toBe(at);
    expect(loadOf(memory.record(2).loads, 0)).toBe(LOAD.WORD_64);
  });

  it("takes what the kernel wrote in an earlier program as a value", () => {
    const pair = output(8);
    new DataView(pair.bytes.buffer).setUint32(4, 0xffff_fffe, true);
    const memory = new Memory();
    encodeProgram([call("close", { kind: "loaded", data: pair, offset: 4, size: 4 })], memory);
    expect(memory.record(0)).toMatchObject({ loads: 0, args: [0xffff_fffen, 0n, 0n, 0n, 0n, 0n] });
  });

  it("places data behind the records, once, however often it is used", () => {
    const memory = new Memory();
    const text = data("abc\0");
    const { address } = encodeProgram([call("chdir", addressOf(text)), call("chdir", addressOf(text, 1))], memory);
    const first = memory.record(0).args[0] ?? 0n;
    expect(memory.record(1).args[0]).toBe(first + 1n);
    const at = Number(first) - ADDRESS;
    expect(at).toBeGreaterThanOrEqual(address - ADDRESS + 3 * RECORD.size);
    expect([...memory.bytes.subarray(at, at + 4)]).toEqual([97, 98, 99, 0]);
  });

  it("writes known fields of data immediately, addresses of other data included", () => {
    const memory = new Memory();
    const inner = data("x");
    const fields = [
      { offset: 0, size: 8, value: addressOf(inner) },
      { offset: 8, size: 4, value: -2 },
      { offset: 12, size: 4, value: 7n },
    ] as const;
    encodeProgram([call("chdir", addressOf(data(new Uint8Array(16), fields)))], memory);
    expect(memory.record(1).operation).toBe(OPERATION.END);
    const at = Number(memory.record(0).args[0]) - ADDRESS;
    expect(memory.bytes[Number(memory.view.getBigUint64(at, true)) - ADDRESS]).toBe("x".charCodeAt(0));
    expect([memory.view.getUint32(at + 8, true), memory.view.getUint32(at + 12, true)]).toEqual([0xffff_fffe, 7]);
  });

  it("stores a field that depends on a result before the call that uses the data", () => {
    const memory = new Memory();
    const open = call("openat", -100, 0, 0);
    const fields = [
      { offset: 8, size: 4, value: resultOf(open) },
      { offset: 0, size: 8, value: resultOf(open) },
    ] as const;
    const map = data(new Uint8Array(16), fields);
    encodeProgram([open, call("getpid"), call("prctl", 35, addressOf(map)), call("prctl", 36, addressOf(map))], memory);
    const operations = [0, 1, 2, 3, 4, 5, 6].map((index) => memory.record(index).operation);
    const { CALL, STORE_32, STORE_64, END } = OPERATION;
    expect(operations).toEqual([CALL, CALL, STORE_32, STORE_64, CALL, CALL, END]);
    const at = memory.record(4).args[1] ?? 0n;
    const store = memory.record(2);
    expect(store.args.slice(0, 2)).toEqual([at + 8n, memory.addressOfResult(0)]);
    expect([loadOf(store.loads, 0), loadOf(store.loads, 1)]).toEqual([LOAD.NONE, LOAD.WORD_64]);
    expect(memory.record(3).args.slice(0, 2)).toEqual([at, memory.addressOfResult(0)]);
  });

  it("writes which results count as success", () => {
    const memory = new Memory();
    const expecting = { ...call("mmap", 0), expected: 0x7fff_0000_0000n };
    const four = [ERRNO.EPERM, ERRNO.ENOENT, ERRNO.EINVAL, ERRNO.ENOSYS];
    const any: SyscallStep = { ...call("close", 1), allowed: "any" };
    const patient: SyscallStep = { ...call("close", 1), allowed: "any", patience: 7 };
    encodeProgram([expecting, { ...call("close", 1), allowed: four }, any, call("close", 1), patient], memory);
    expect(memory.record(0)).toMatchObject({ flags: FLAG_EXPECT, expected: 0x7fff_0000_0000n });
    expect(memory.record(1)).toMatchObject({ flags: 0, allowed: four });
    expect(memory.record(2).allowed).toContain(0xffff);
    expect(memory.record(3).allowed).toEqual([0, 0, 0, 0]);
    expect(memory.record(4)).toMatchObject({ flags: FLAG_PATIENT, expected: 7n });
  });

  it("writes copies and merges with their addresses and lengths", () => {
    const memory = new Memory();
    const source = data("hello");
    const place = call("mmap", 0);
    const program: Program = [
      place,
      { kind: "copy", to: resultOf(place), from: source },
      { kind: "merge", to: 0x10000, from: resultOf(place), length: 8192 },
    ];
    encodeProgram(program, memory);
    const copy = memory.record(1);
    expect(copy).toMatchObject({ operation: OPERATION.COPY });
    expect(copy.args.slice(0, 3)).toEqual([memory.addressOfResult(0), expect.any(BigInt), 5n]);
    expect(loadOf(copy.loads, 0)).toBe(LOAD.WORD_64);
    const merge = memory.record(2);
    expect(merge).toMatchObject({ operation: OPERATION.MERGE });
    expect(merge.args.slice(0, 3)).toEqual([0x10000n, memory.addressOfResult(0), 8192n]);
    expect(loadOf(merge.loads, 1)).toBe(LOAD.WORD_64);
  });

  it("continues with another program instead of ending", () => {
    const memory = new Memory();
    const program = encodeProgram([call("getpid")], memory);
    program.continueAt(0x1234_5678_9abc);
    expect(memory.record(1)).toMatchObject({
      operation: OPERATION.JUMP,
      args: [0x1234_5678_9abcn, 0n, 0n, 0n, 0n, 0n],
    });
  });

  it("throws when the memory is full", () => {
    const program = Array.from({ length: 100 }, () => call("getpid"));
    expect(() => encodeProgram(program, new Memory(FIRST + 100 * RECORD.size))).toThrow(RangeError);
    encodeProgram(program, new Memory(FIRST + 101 * RECORD.size));
  });
});

describe("the outcome of a program", () => {
  it("copies results and outputs into the steps when all have run", () => {
    const memory = new Memory();
    const pair = output(8);
    const steps = [
      call("pipe2", addressOf(pair), 0),
      { ...call("close", -1), allowed: "any" as const },
      call("mmap", 0),
    ];
    const program = encodeProgram(steps, memory);
    memory.finish(0, 0);
    memory.finish(1, -9);
    memory.finish(2, 0x7fff_1234_5000);
    memory.finish(3, 0);
    memory.view.setUint32(Number(memory.record(0).args[0]) - ADDRESS, 77, true);
    expect(program.collect()).toEqual({ finished: true });
    expect(steps.map(({ result }) => result)).toEqual([0, -9, 0x7fff_1234_5000]);
    expect(pair.bytes[0]).toBe(77);
  });

  it("names the step that failed, and gives later steps no result", () => {
    const memory = new Memory();
    const steps = [call("getpid"), call("close", 99), call("getppid")];
    const program = encodeProgram(steps, memory);
    memory.finish(0, 1);
    memory.finish(1, -ERRNO.EBADF);
    expect(program.collect()).toEqual({ finished: false, failed: steps[1], index: 1, result: -ERRNO.EBADF });
    expect(steps.map(({ result }) => result)).toEqual([1, -ERRNO.EBADF, undefined]);
  });

  it("names the last step when that one failed", () => {
    const memory = new Memory();
    const steps = [call("getpid"), { ...call("read", 0), expected: 5 }];
    const program = encodeProgram(steps, memory);
    memory.finish(0, 1);
    memory.finish(1, 4);
    expect(program.collect()).toMatchObject({ finished: false, failed: steps[1], index: 1, result: 4 });
  });

  it("names the step that has not returned", () => {
    const memory = new Memory();
    const steps = [call("getpid"), call("read", 0), call("getppid")];
    const program = encodeProgram(steps, memory);
    memory.finish(0, 1);
    expect(program.collect()).toEqual({ finished: false, failed: steps[1], index: 1, result: undefined });
  });

  it("names the call whose field was being stored", () => {
    const memory = new Memory();
    const open = call("openat", -100, 0, 0);
    const uses = call("prctl", 35, addressOf(data(new Uint8Array(8), [{ offset: 0, size: 8, value: resultOf(open) }])));
    const program = encodeProgram([open, uses], memory);
    memory.finish(0, 3);
    expect(program.collect()).toMatchObject({ finished: false, failed: uses, result: undefined });
  });
});

describe("isSuccess", () => {
  const step = (more: Partial<SyscallStep>): SyscallStep => ({ ...call("close", 1), ...more });

  it.each<[boolean, Partial<SyscallStep>]>([
    [false, {}],
    [true, { result: 0 }],
    [true, { result: 5 }],
    [false, { result: -9 }],
    [false, { result: -4095 }],
    [true, { result: -4096 }],
    [true, { result: -9, allowed: [9] }],
    [false, { result: -9, allowed: [1, 2] }],
    [true, { result: -9, allowed: "any" }],
    [true, { result: 8, expected: 8 }],
    [false, { result: 7, expected: 8 }],
    [true, { result: 8, expected: 8n }],
    [true, { result: -9, expected: -9 }],
    // What is expected is the only success.
    [false, { result: -9, expected: 8, allowed: "any" }],
  ])("is %s for %o", (success, more) => {
    expect(isSuccess(step(more))).toBe(success);
  });
});
