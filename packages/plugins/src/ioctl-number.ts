import type { Host } from "@restage/core";
import { room } from "./room.ts";

/** The int that a request of ioctl(2) returns; undefined if the descriptor does not support the request. */
export function ioctlNumber(host: Host, descriptor: number, request: number): number | undefined {
  const value = room(4);
  return host.attempt("ioctl", descriptor, request, value.data) < 0 ? undefined : value.view.getInt32(0, true);
}
