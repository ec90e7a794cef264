import type { Host } from "@restage/core";
import { room } from "./room.ts";

/** Bytes of struct pollfd; where its revents are. Source: include/uapi/asm-generic/poll.h. */
const POLLFD = { size: 8, events: 4, revents: 6 } as const;

/**
 * Whether a file of this process is ready for one of the events, bits of POLL. Nothing is taken from it, not even an error.
 *
 * @param patience how long to wait for the events, in milliseconds.
 */
export function isReady(host: Host, file: number, events: number, patience = 0): boolean {
  const { data, view } = room(POLLFD.size);
  view.setInt32(0, file, true);
  view.setInt16(POLLFD.events, events, true);
  return host.attempt("poll", data, 1, patience) > 0 && (view.getInt16(POLLFD.revents, true) & events) !== 0;
}
