import { describe, expect, it } from "vitest";
import { findTrampolines, markedTrampoline, unreachable } from "../src/seizer/left-trampolines.ts";
import type { TaskMemory } from "../src/seizer/task-memory.ts";
import type { ScannedPages, StoppedThread } from "../src/seizer.ts";

describe("trampolines in unused code", () => {
  const trampoline = markedTrampoline(new Uint8Array(40).fill(0xcc));
  const codeWith = (places: readonly number[], length = 256) => {
    const code = new Uint8Array(length);
    for (const at of places) code.set(trampoline.subarray(0, length - at), at);
    return code;
  };

  it("are found by their marks, with their lengths", () => {
    expect(findTrampolines(codeWith([64, 192]))).toEqual([
      { start: 64, end: 120 },
      { start: 192, end: 248 },
    ]);
  });

  it("are aligned as the end of the code is", () => {
    expect(findTrampolines(codeWith([72], 200))).toEqual([{ start: 72, end: 128 }]);
    expect(findTrampolines(codeWith([64], 200))).toEqual([]);
  });

  it("are not found when they are not whole", () => {
    expect(findTrampolines(codeWith([224]))).toEqual([]);
  });
});

describe("a trampoline counts as used", () => {
  const first = { start: 0x7f00_0000_1000, end: 0x7f00_0000_1100 };
  const second = { start: 0x7f00_0000_2000, end: 0x7f00_0000_2100 };
  const stack = { start: 0x7000, end: 0x9000, permissions: "rw-p", name: "[stack]" };
  const unusedWith = (word: number, register: number) => {
    const bytes = new Uint8Array(stack.end - stack.start);
    new DataView(bytes.buffer).setBigUint64(0x108, BigInt(word), true);
    const registers = new Uint8Array(27 * 8);
    new DataView(registers.buffer).setBigUint64(0, BigInt(register), true);
    const memory = { read: () => bytes } as unknown as TaskMemory;
    const pages = { find: (start: number, end: number) => ({ own: [{ start, end }] }) } as unknown as ScannedPages;
    const threads = [{ registers } as StoppedThread];
    return unreachable([first, second], memory, 1, [stack], threads, pages);
  };

  it("while a word of the memory is an address in it", () => {
    expect(unusedWith(first.start, 0)).toEqual([second]);
    expect(unusedWith(second.end - 1, 0)).toEqual([first]);
    expect(unusedWith(second.end, 0)).toEqual([first, second]);
  });

  it("while a register is an address in it", () => {
    expect(unusedWith(0, first.start + 8)).toEqual([second]);
    expect(unusedWith(first.start, second.start)).toEqual([]);
  });
});
