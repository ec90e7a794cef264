/**
 * The words before messages.
 *
 * @module
 */

/** A 32-bit little-endian word. */
export function sizeWord(size: number): Uint8Array {
  return Uint8Array.of(size & 0xff, (size >>> 8) & 0xff, (size >>> 16) & 0xff, size >>> 24);
}
