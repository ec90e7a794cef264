/**
 * Cuts images into chunks. A chunk consists of whole pages, and the content of a page decides whether it ends there. Pages that two checkpoints share
 * are therefore mostly in the same chunks, even if other pages before them were added or removed.
 */
const PAGE_SIZE = 4096;
const LEAST = 4 * PAGE_SIZE;
/** A sealed chunk of this size fits in one message of a server with default limits. */
export const LARGEST = 64 * PAGE_SIZE;
/** On average, one page in this many ends a chunk. */
const ODDS = 16;

/** The length of the first chunk of some bytes. They must be whole pages up to the size of the largest chunk, or reach the end of the file. */
export function cutLength(bytes: Uint8Array, seed: number): number {
  const end = Math.min(bytes.length, LARGEST);
  for (let at = LEAST - PAGE_SIZE; at + PAGE_SIZE < end; at += PAGE_SIZE) {
    if (hashOf(bytes.subarray(at, at + PAGE_SIZE), seed) % ODDS === 0) return at + PAGE_SIZE;
  }
  return end;
}

/** FNV-1a over words instead of bytes, with the finalizer of MurmurHash3 so that all bits count. It only chooses where chunks end: their names are digests. */
function hashOf(page: Uint8Array, seed: number): number {
  const words = new Uint32Array(page.buffer, page.byteOffset, page.length / 4);
  let hash = seed ^ 0x811c9dc5;
  for (let index = 0; index < words.length; index += 1) hash = Math.imul(hash ^ (words[index] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
