import type { SaEntry, ThreadSasEntry } from "@restage/images";
import { NSIG, SIG, SS, STACK_T } from "@restage/linux/abi";

/** The signals whose actions images list, in this order: SIGKILL and SIGSTOP have none. */
export const SIGNALS: readonly number[] = Array.from({ length: NSIG }, (_, index) => index + 1).filter(
  (signal) => signal !== SIG.KILL && signal !== SIG.STOP,
);

/** What rt_sigaction(2) takes for an entry of the image. */
export function encodeAction({ sigaction: handler, flags, restorer, mask }: SaEntry) {
  return { handler, flags, restorer, mask };
}

/** Makes the entry of the image from struct kernel_sigaction. */
export function decodeAction(bytes: Uint8Array): SaEntry {
  const [sigaction = 0n, flags = 0n, restorer = 0n, mask = 0n] = new BigUint64Array(bytes.slice().buffer);
  return { sigaction, flags, restorer, mask };
}

/** Makes stack_t from the image. Whether a thread runs on the stack follows from its stack pointer, and cannot be set. */
export function encodeStack({ ss_sp, ss_flags, ss_size }: ThreadSasEntry): Uint8Array {
  const bytes = new Uint8Array(STACK_T.size);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(STACK_T.ss_sp, ss_sp, true);
  view.setUint32(STACK_T.ss_flags, ss_flags & ~SS.ONSTACK, true);
  view.setBigUint64(STACK_T.ss_size, ss_size, true);
  return bytes;
}

/** Makes the image from stack_t. */
export function decodeStack(bytes: Uint8Array): ThreadSasEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    ss_sp: view.getBigUint64(STACK_T.ss_sp, true),
    ss_flags: view.getUint32(STACK_T.ss_flags, true),
    ss_size: view.getBigUint64(STACK_T.ss_size, true),
  };
}
