import type { Calls, OpenFile, Value } from "@restage/core";

/** For an undo: the janitor's own descriptor of a socket that the tree still has. */
export function socketInTree(call: Calls, { holders, task }: OpenFile): Value {
  return call.pidfd_getfd(call.pidfd_open(task.hostPid, 0), holders[0]?.descriptor ?? -1, 0);
}
