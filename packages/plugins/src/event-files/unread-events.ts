import type { DumpContext, OpenFile } from "@restage/core";
import { FIONREAD } from "@restage/linux/abi";
import { room } from "../room.ts";

/** Refuses an instance of inotify or fanotify with unread events: to save them, a checkpoint would have to take them out of the queue. */
export function refuseUnread({ descriptor, link, task }: OpenFile, { host, findings }: DumpContext): void {
  const bytes = room(4);
  if (descriptor === undefined || host.attempt("ioctl", descriptor, FIONREAD, bytes.data) < 0) return;
  if (bytes.view.getInt32(0, true) === 0) return;
  findings.lose("events", {
    what: link,
    why: "it has unread events, which images cannot record",
    hint: "checkpoint again when the program has read them",
    pid: task.pid,
  });
}
