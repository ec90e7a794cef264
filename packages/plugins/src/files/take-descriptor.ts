import type { Host, Tree } from "@restage/core";
import { holderOf } from "./holder.ts";

/**
 * A duplicate of a task's descriptor, for the coordinator, which closes it. Call this when descriptors are placed. Requires the right to trace the
 * task, which the coordinator has during a restore, and Linux 5.6.
 *
 * @param id the number of the file in files.img.
 */
export function takeDescriptor(host: Host, tree: Tree, id: number): number {
  const holder = holderOf(tree, id);
  if (holder === undefined) throw new Error(`No task has a descriptor of file ${id}`);
  return takeNumber(host, holder.task.hostPid, holder.number);
}

/** A duplicate of any descriptor of a process that this one traces, by its number. */
export function takeNumber(host: Host, pid: number, number: number): number {
  const process = host.call.pidfd_open(pid, 0).result;
  try {
    return host.call.pidfd_getfd(process, number, 0).result;
  } finally {
    host.call.close(process);
  }
}
