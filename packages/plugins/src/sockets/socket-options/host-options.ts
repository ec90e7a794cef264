import { type Host, struct } from "@restage/core";
import { room } from "../../room.ts";

/** An option that is a number, of a socket of this process; undefined when the socket has no such option. */
export function readOption(host: Host, socket: number, level: number, option: number): number | undefined {
  const value = room(4);
  const length = room(4);
  length.view.setInt32(0, 4, true);
  const result = host.attempt("getsockopt", socket, level, option, value.data, length.data);
  return result < 0 ? undefined : value.view.getInt32(0, true);
}

/** The bytes of an option, at most `size`; undefined when the socket has no such option. */
export function readOptionBytes(
  host: Host,
  socket: number,
  level: number,
  option: number,
  size: number,
): Uint8Array | undefined {
  const { data } = room(size);
  const length = room(4);
  length.view.setInt32(0, size, true);
  const result = host.attempt("getsockopt", socket, level, option, data, length.data);
  return result < 0 ? undefined : data.bytes.subarray(0, Math.min(size, length.view.getInt32(0, true)));
}

/** Sets an option that is a number. */
export function writeOption(host: Host, socket: number, level: number, option: number, value: number): void {
  host.call.setsockopt(socket, level, option, struct([4, value]), 4);
}
