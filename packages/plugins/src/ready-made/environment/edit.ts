import { type VmaEntry, vmaStatus } from "@restage/images";
import { MAP, PAGE_SIZE, PROT, TASK_SIZE } from "@restage/linux/abi";
import { CHUNK_HEADER, mmappedChunk, roomOfChunk } from "./glibc-chunk.ts";
import type { SavedMemory } from "./saved-memory.ts";

/** What becomes of variables: their new values, or null for those that are removed. Text is in latin1, one character a byte. */
export type Changes = ReadonlyMap<string, string | null>;

/** Why a variable cannot change. */
export interface Problem {
  readonly severity: "refuse" | "warn";
  readonly variable: string;
  readonly why: string;
  readonly hint?: string;
}

/** Room that a mapping which the kernel lets grow may need: the heap upwards, the stack downwards. */
const DISTANCE = 1n << 30n;

/** The changes to the memory of a task: what is written over the old content, and a new mapping for what has no room there. */
export class Edit {
  readonly memory: SavedMemory;
  readonly writes: { readonly address: bigint; readonly bytes: Uint8Array }[] = [];
  readonly problems: Problem[] = [];
  readonly #start: bigint;
  #end: bigint;

  constructor(memory: SavedMemory) {
    this.memory = memory;
    this.#start = this.#end = freePlace(memory.mm.vmas);
  }

  /** The mapping with what was put; undefined if there is none. */
  get mapping(): VmaEntry | undefined {
    if (this.#start === this.#end) return undefined;
    const status = vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_ANON_PRIVATE;
    const rest = { pgoff: 0n, shmid: 0n, prot: PROT.READ | PROT.WRITE, flags: MAP.PRIVATE | MAP.ANONYMOUS, fd: -1n };
    return { start: this.#start, end: this.#end, status, ...rest };
  }

  write(address: bigint, bytes: Uint8Array): void {
    this.writes.push({ address, bytes });
  }
  writeWord(address: bigint, word: bigint): void {
    this.write(address, wordsOf([word]));
  }

  /** Puts bytes where there is room. Returns their address, which the program can pass to glibc's free(3). */
  put(bytes: Uint8Array): bigint {
    const chunk = mmappedChunk(bytes);
    const address = this.#end;
    this.write(address, chunk);
    this.#end += BigInt(chunk.length);
    return address + CHUNK_HEADER;
  }

  /**
   * Replaces a string: in its place if there is room, else elsewhere. Returns the address of the new one; undefined if the program may free the old one in a
   * way that is not known.
   *
   * @param fixed whether the program never frees the old one.
   */
  replaceString(address: bigint, old: string, text: string, fixed: boolean): bigint | undefined {
    const chunk = fixed ? undefined : roomOfChunk(this.memory, address);
    if (text.length <= old.length || (chunk !== undefined && text.length < chunk)) {
      this.write(address, stringOf(text.padEnd(old.length, "\0")));
      return address;
    }
    return fixed || chunk !== undefined ? this.put(stringOf(text)) : undefined;
  }
}

/** A string as C has it. */
export function stringOf(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, "latin1");
}

export function wordsOf(words: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(words).buffer);
}

/** An address in the middle of the largest free range, from which pages can be added. */
function freePlace(vmas: readonly VmaEntry[]): bigint {
  const used = vmas.filter(({ end }) => end <= BigInt(TASK_SIZE)).sort((a, b) => Number(a.start - b.start));
  let [at, best] = [BigInt(PAGE_SIZE) * 16n, { start: 0n, end: 0n }];
  for (const { start, end } of used) {
    if (start - at > best.end - best.start) best = { start: at, end: start };
    if (end > at) at = end;
  }
  const distance = best.end - best.start > 2n * DISTANCE ? DISTANCE : (best.end - best.start) / 2n;
  return ((best.end - distance) / BigInt(PAGE_SIZE)) * BigInt(PAGE_SIZE);
}
