/**
 * Cuts images into chunks. A chunk consists of whole pages and ends where the content of a page says so. Pages that are the same in two checkpoints
 * therefore mostly lie in the same chunks, although other pages before them were added or removed.
 */
const PAGE_SIZE = 4096;
const LEAST = 4 * PAGE_SIZE;
/** With everything around it, a chunk fits in one message of a server with default limits. */
export const LARGEST = 64 * PAGE_SIZE;
/** One page in so many ends a chunk. */
const ODDS = 16;

/** The length of the chunk at the start of some bytes, which must be whole pages up to the largest chunk, or the end of a file. */
export function cutLength(bytes: Uint8Array, seed: number): number {
  const end = Math.min(bytes.length, LARGEST);
  for (let at = LEAST - PAGE_SIZE; at + PAGE_SIZE < end; at += PAGE_SIZE) {
    if (hashOf(bytes.subarray(at, at + PAGE_SIZE), seed) % ODDS === 0) return at + PAGE_SIZE;
  }
  return end;
}

/** FNV-1a over words instead of bytes, with the finalizer of MurmurHash3 so that all bits count. It only spreads: digests name chunks. */
function hashOf(page: Uint8Array, seed: number): number {
  const words = new Uint32Array(page.buffer, page.byteOffset, page.length / 4);
  let hash = seed ^ 0x811c9dc5;
  for (let index = 0; index < words.length; index += 1) hash = Math.imul(hash ^ (words[index] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
