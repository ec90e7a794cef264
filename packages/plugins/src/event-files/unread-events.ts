import type { DumpContext, OpenFile } from "@restage/core";
import { FIONREAD } from "@restage/linux/abi";
import { room } from "../room.ts";

/** Refuses an instance of inotify or fanotify with events that its program has not read: only reading shows them, which takes them away. */
export function refuseUnread({ descriptor, link, task }: OpenFile, { host, findings }: DumpContext): void {
  const bytes = room(4);
  if (descriptor === undefined || host.attempt("ioctl", descriptor, FIONREAD, bytes.data) < 0) return;
  if (bytes.view.getInt32(0, true) === 0) return;
  findings.lose("events", {
    what: link,
    why: "it has unread events, which images cannot record",
    hint: "checkpoint when the program has read them",
    pid: task.pid,
  });
}
