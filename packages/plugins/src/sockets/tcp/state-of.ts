import type { Host } from "@restage/core";
import { SOL, TCP } from "@restage/linux/abi";

/** The state of a TCP socket: the first byte of struct tcp_info. Undefined if it cannot be read. Source: include/uapi/linux/tcp.h. */
export function stateOf(host: Host, socket: number): number | undefined {
  return host.socketOption(socket, SOL.TCP, TCP.INFO, 1)?.[0];
}
