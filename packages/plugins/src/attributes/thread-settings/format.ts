import type { OwnDispatchEntry } from "@restage/images";

/** Nanoseconds of timer slack of a new thread. Source: init/init_task.c. */
export const DEFAULT_TIMER_SLACK = 50_000;

/** The memory policy of a new thread. Source: include/uapi/linux/mempolicy.h. */
export const DEFAULT_MEMORY_POLICY = 0;

/** Bytes of a mask of nodes. No kernel has more than 1024 nodes. Source: arch/x86/Kconfig, NODES_SHIFT. */
export const NODES_SIZE = 128;

/** The size of a mask as the calls of memory policies take it: one more than its bits. Source: mm/mempolicy.c, get_nodes(). */
export const NODES_COUNT = NODES_SIZE * 8 + 1;

/** The argument with which personality(2) changes nothing. Source: kernel/exec_domain.c. */
export const ASK_PERSONALITY = 0xffff_ffff;

type Dispatch = Pick<OwnDispatchEntry, "mode" | "selector" | "offset" | "length">;

/** Reads struct ptrace_sud_config. Source: include/uapi/linux/ptrace.h. */
export function decodeDispatch(bytes: Uint8Array): Dispatch {
  const [mode = 0n, selector = 0n, offset = 0n, length = 0n] = new BigUint64Array(bytes.slice().buffer);
  return { mode, selector, offset, length };
}

/** The reverse of `decodeDispatch`. */
export function encodeDispatch({ mode, selector, offset, length }: Dispatch): Uint8Array {
  return new Uint8Array(BigUint64Array.of(mode, selector, offset, length).buffer);
}

/** The byte at the selector for which calls are dispatched. Source: include/uapi/linux/prctl.h, SYSCALL_DISPATCH_FILTER_BLOCK. */
export const DISPATCH_BLOCK = 1;
