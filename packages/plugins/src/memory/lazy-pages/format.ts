/**
 * What a restore and its daemon say to each other over `lazy-pages.socket`, a stream socket. The restore sends four bytes for every task of the
 * process tree: its pid, followed by a byte with its userfaultfd (SCM_RIGHTS), or for a zombie the negated pid alone. When all tasks are about to run it sends
 * `FINISHED`. The daemon answers nothing. Source: CRIU criu/uffd.c.
 *
 * @module
 */

/** The length of a word. */
export const LAZY_WORD_SIZE = 4;

/** Larger than any pid. */
const FINISHED = 0x5253_5446;

/** A word of a restore. */
export type LazyWord =
  | { readonly kind: "task"; readonly pid: number }
  | { readonly kind: "zombie"; readonly pid: number }
  | { readonly kind: "finished" };

export function encodeLazyWord(word: LazyWord): Uint8Array {
  const bytes = new Uint8Array(LAZY_WORD_SIZE);
  new DataView(bytes.buffer).setInt32(0, numberOf(word), true);
  return bytes;
}

export function decodeLazyWord(bytes: Uint8Array): LazyWord {
  const number = new DataView(bytes.buffer, bytes.byteOffset, LAZY_WORD_SIZE).getInt32(0, true);
  if (number === FINISHED) return { kind: "finished" };
  return number < 0 ? { kind: "zombie", pid: -number } : { kind: "task", pid: number };
}

function numberOf(word: LazyWord): number {
  switch (word.kind) {
    case "task":
      return word.pid;
    case "zombie":
      return -word.pid;
    case "finished":
      return FINISHED;
  }
}
