import type { InjectedMemory } from "./injected-memory.ts";
import { MachineCode } from "./machine-code-x86-64.ts";
import { blockAll, enter } from "./way-home-x86-64.ts";

/** Where a thread starts that takes a detour, and what came of it. */
export interface Detour {
  /** An address in the process. */
  readonly start: number;
  /** The first word of the block, once the answers of the process have been read. */
  readonly answer: () => number;
}

/**
 * Places machine code that a thread runs before its program.
 *
 * @param block what the code works on, with its address in r13. The first word is for its answer.
 * @param bytes the code, which continues at its end.
 * @param slot of the thread's program.
 */
export function placeDetour(injected: InjectedMemory, block: Uint8Array, bytes: Uint8Array, slot: number): Detour {
  const at = injected.place(block);
  const code = new MachineCode();
  blockAll(code);
  code.load("r13", BigInt(at));
  code.emit(...bytes);
  enter(code, injected.entry, slot);
  const start = injected.placeCode(code.finish());
  return { start, answer: () => new DataView(injected.bytes.buffer).getInt32(at - injected.address, true) };
}

/** Bytes in hexadecimal with spaces between them. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16));
}
