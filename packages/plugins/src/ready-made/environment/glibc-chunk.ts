import { PAGE_SIZE } from "@restage/linux/abi";
import { type SavedMemory, WORD } from "./saved-memory.ts";

/**
 * Chunks of glibc's malloc. Source: glibc malloc/malloc.c, "malloc_chunk details". Before the memory that a program gets are two words: the size of the chunk
 * before it if that is free, and the size of this one, whose lowest bits are flags.
 */
const HEADER = 16;
const PREV_INUSE = 1n;
const IS_MMAPPED = 2n;
const FLAGS = 7n;

/** No chunk that holds a string or an array of them is larger. */
const MAX_SIZE = 1n << 26n;

/** How many bytes a program may use at an address that it has from glibc's malloc; undefined if this is not such an address. */
export function roomOfChunk(memory: SavedMemory, address: bigint): number | undefined {
  const head = memory.word(address - WORD);
  if (head === undefined || address % 16n !== 0n) return undefined;
  const size = head & ~FLAGS;
  if (size < 32n || size > MAX_SIZE || size % 16n !== 0n) return undefined;
  if ((head & IS_MMAPPED) !== 0n) {
    const before = memory.word(address - 2n * WORD) ?? 1n;
    return (before + size) % BigInt(PAGE_SIZE) === 0n ? Number(size) - HEADER : undefined;
  }
  const next = memory.word(address + size - WORD);
  const isSane = next !== undefined && (next & PREV_INUSE) !== 0n && (next & ~FLAGS) % 16n === 0n && next >= 16n;
  return isSane ? Number(size - WORD) : undefined;
}

/**
 * Pages with content that a program may use, and later pass to free(3) or realloc(3), as if glibc's malloc had mapped them. Other programs never free what is
 * put there.
 */
export function mmappedChunk(content: Uint8Array): Uint8Array {
  const size = Math.ceil((HEADER + content.length) / PAGE_SIZE) * PAGE_SIZE;
  const pages = Buffer.alloc(size);
  pages.writeBigUInt64LE(BigInt(size) | IS_MMAPPED, HEADER - Number(WORD));
  pages.set(content, HEADER);
  return pages;
}

/** Where the content of a chunk begins. */
export const CHUNK_HEADER: bigint = BigInt(HEADER);
