import { type Host, struct } from "@restage/core";

/** An option that is a number, of a socket of this process; undefined when the socket has no such option. */
export function readOption(host: Host, socket: number, level: number, option: number): number | undefined {
  const bytes = host.socketOption(socket, level, option, 4);
  return bytes?.length === 4 ? new DataView(bytes.buffer).getInt32(0, true) : undefined;
}

/** Sets an option that is a number. */
export function writeOption(host: Host, socket: number, level: number, option: number, value: number): void {
  host.call.setsockopt(socket, level, option, struct([4, value]), 4);
}
