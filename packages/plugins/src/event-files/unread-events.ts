import type { DumpContext, OpenFile } from "@restage/core";
import { FIONREAD } from "@restage/linux/abi";
import { ioctlNumber } from "../ioctl-number.ts";

/** Refuses an instance of inotify or fanotify with unread events: to save them, a checkpoint would have to take them out of the queue. */
export function refuseUnread({ descriptor, link, task }: OpenFile, { host, findings }: DumpContext): void {
  if (descriptor === undefined || (ioctlNumber(host, descriptor, FIONREAD) ?? 0) === 0) return;
  findings.lose("events", {
    what: link,
    why: "it has unread events, which images cannot record",
    hint: "checkpoint again when the program has read them",
    pid: task.pid,
  });
}
