import type { DumpContext, OpenFile } from "@restage/core";

/**
 * Refuses an open file that no task has, because its descriptor is only in flight in a Unix socket's queue.
 *
 * @param why it cannot be restored from there.
 * @returns whether it was refused.
 */
export function refuseInFlight({ holders, link, task }: OpenFile, { findings }: DumpContext, why: string): boolean {
  if (holders.length > 0) return false;
  const hint = "checkpoint again when a task has received it";
  findings.refuse({ what: link, why: `it is in flight in the queue of a Unix socket, ${why}`, hint, pid: task.pid });
  return true;
}
