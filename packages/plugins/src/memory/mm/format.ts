/** AT_VECTOR_SIZE of x86_64, the most words that CRIU accepts. */
const MOST_WORDS = 46;

/** Makes the auxiliary vector as prctl(PR_SET_MM_MAP) takes it: types and values in turn. */
export function encodeAuxiliaryVector(words: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(words).buffer);
}

/** Makes the image from /proc/PID/auxv, without the zeros at its end: newer kernels have more of them than CRIU accepts. */
export function decodeAuxiliaryVector(bytes: Uint8Array): readonly bigint[] {
  const words = [...new BigUint64Array(bytes.slice().buffer)];
  const used = words.findLastIndex((word) => word !== 0n) + 1;
  return words.slice(0, Math.min(MOST_WORDS, used + (used % 2)));
}
