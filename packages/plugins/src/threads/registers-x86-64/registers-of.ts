import type { Thread } from "@restage/core";
import type { ThreadInfoX86 } from "@restage/images";

/** The registers of a thread, and the other state that images keep with them. A thread without them is refused in planning. */
export function registersOf(thread: Thread): ThreadInfoX86 {
  const info = thread.core.thread_info;
  if (info === undefined) throw new Error(`core-${thread.tid}.img has no registers of x86_64`);
  return info;
}
