import type { Host } from "@restage/core";
import { room } from "../room.ts";

/** Bytes of struct pollfd; where its revents are. Source: include/uapi/asm-generic/poll.h. */
const POLLFD = { size: 8, events: 4, revents: 6 } as const;

/** Whether a socket of this process is ready for one of the events, bits of POLL. Nothing is taken from it, not even an error. */
export function isReady(host: Host, socket: number, events: number): boolean {
  const { data, view } = room(POLLFD.size);
  view.setInt32(0, socket, true);
  view.setInt16(POLLFD.events, events, true);
  return host.attempt("poll", data, 1, 0) > 0 && (view.getInt16(POLLFD.revents, true) & events) !== 0;
}
