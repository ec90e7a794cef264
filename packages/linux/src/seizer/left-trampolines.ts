import type { AddressRange } from "../abi/address-space.ts";
import { PAGE_SIZE } from "../abi/mman.ts";
import { userRegOffset } from "../abi/user-regs-x86-64.ts";
import type { MapsEntry } from "../host/procfs.ts";
import type { ScannedPages, StoppedThread } from "../seizer.ts";
import { NUMBERED } from "./machine-code-x86-64.ts";
import type { TaskMemory } from "./task-memory.ts";

/** A trampoline begins with these bytes and its whole length (u32). It is aligned to 16 bytes. */
const MARK = new TextEncoder().encode("restage-home");
export const MARK_SIZE = MARK.length + 4;
export const TRAMPOLINE_ALIGNMENT = 16;
const CHUNK = 256 * 1024;

/** Puts a mark in front of the code of a trampoline. */
export function markedTrampoline(code: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(MARK_SIZE + code.length);
  bytes.set(MARK);
  new DataView(bytes.buffer).setUint32(MARK.length, bytes.length, true);
  bytes.set(code, MARK_SIZE);
  return bytes;
}

/** Finds the trampolines in bytes of code, as offsets. */
export function findTrampolines(bytes: Uint8Array): readonly AddressRange[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: AddressRange[] = [];
  // Aligned as the end of the bytes is.
  for (let at = bytes.length % TRAMPOLINE_ALIGNMENT; at + MARK_SIZE <= bytes.length; at += TRAMPOLINE_ALIGNMENT) {
    if (!MARK.every((byte, index) => bytes[at + index] === byte)) continue;
    const end = at + view.getUint32(at + MARK.length, true);
    if (end > at && end <= bytes.length) found.push({ start: at, end });
  }
  return found;
}

/**
 * Leaves out the trampolines to which a thread can still come back. A thread that has left one by way of a signal handler has its address on the
 * stack, or wherever the handler has put it: so a trampoline counts as used if any register or any word of the memory is an address in it.
 *
 * @param threads all threads that can use the memory, stopped.
 */
export function unreachable(
  trampolines: readonly AddressRange[],
  memory: TaskMemory,
  pid: number,
  maps: readonly MapsEntry[],
  threads: Iterable<StoppedThread>,
  pages: ScannedPages,
): readonly AddressRange[] {
  const left = new Set(trampolines);
  const note = (address: number) => {
    for (const range of left) if (address >= range.start && address < range.end) left.delete(range);
  };
  for (const { registers } of threads) {
    const view = new DataView(registers.buffer, registers.byteOffset);
    for (const name of ["ip", ...NUMBERED] as const) note(Number(view.getBigUint64(userRegOffset(name), true)));
  }
  const lowest = Math.min(...trampolines.map(({ start }) => start));
  const highest = Math.max(...trampolines.map(({ end }) => end));
  for (const { start, end } of writtenRanges(maps, pages)) {
    if (left.size === 0) break;
    for (const bytes of readInParts(memory, pid, start, end)) {
      const halves = new Uint32Array(bytes.buffer);
      for (let n = 0; n < halves.length; n += 2) {
        const word = (halves[n + 1] ?? 0) * 2 ** 32 + (halves[n] ?? 0);
        if (word >= lowest && word < highest) note(word);
      }
    }
  }
  return [...left];
}

/** Memory that the process can have written: all of its shared mappings, and pages of its own. */
function* writtenRanges(maps: readonly MapsEntry[], pages: ScannedPages): Generator<AddressRange> {
  for (const { start, end, permissions } of maps) {
    if (permissions[1] !== "w") continue;
    if (permissions[3] === "s") yield { start, end };
    else yield* pages.find(start, end).own;
  }
}

/** Leaves out pages that cannot be read, such as those beyond the end of a file. */
function* readInParts(memory: TaskMemory, pid: number, start: number, end: number): Generator<Uint8Array> {
  for (let at = start; at < end; at += CHUNK) {
    const length = Math.min(CHUNK, end - at);
    const bytes = memory.read(pid, at, length);
    if (bytes !== undefined) yield bytes;
    else if (length > PAGE_SIZE)
      for (let page = at; page < at + length; page += PAGE_SIZE)
        yield* readInParts(memory, pid, page, page + PAGE_SIZE);
  }
}
