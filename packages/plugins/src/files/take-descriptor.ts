import type { Host, Tree } from "@restage/core";

/**
 * A duplicate of a task's descriptor, for the coordinator, which closes it. Call this when descriptors are placed. Requires the right to trace the
 * task, which the coordinator has during a restore, and Linux 5.6.
 *
 * @param id the number of the file in files.img.
 */
export function takeDescriptor(host: Host, tree: Tree, id: number): number {
  for (const task of tree.tasks) {
    const descriptor = task.survives ? task.descriptors.find((descriptor) => descriptor.id === id) : undefined;
    if (descriptor === undefined || task.tracee === undefined) continue;
    return takeNumber(host, task.hostPid, descriptor.fd);
  }
  throw new Error(`No task has a descriptor of file ${id}`);
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
