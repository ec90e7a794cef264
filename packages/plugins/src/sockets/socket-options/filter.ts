import { addressOf, data, type Host, struct } from "@restage/core";
import type { Data } from "@restage/linux";
import { SO, SOCK_FILTER_SIZE, SOL } from "@restage/linux/abi";
import { room } from "../../room.ts";
import { decodeFilter, encodeFilter } from "./format.ts";

/** The classic filter of a socket of this process, in words of images; empty without one. Undefined if it has an eBPF program. */
export function readFilter(host: Host, socket: number): readonly bigint[] | undefined {
  // For this option the kernel counts instructions, not bytes.
  const length = room(4);
  if (host.attempt("getsockopt", socket, SOL.SOCKET, SO.ATTACH_FILTER, 0, length.data) < 0) return undefined;
  const count = length.view.getInt32(0, true);
  if (count === 0) return [];
  const filter = room(count * SOCK_FILTER_SIZE);
  host.attempt("getsockopt", socket, SOL.SOCKET, SO.ATTACH_FILTER, filter.data, length.data);
  return decodeFilter(filter.data.bytes);
}

/** The argument that attaches a classic filter: struct sock_fprog. Source: include/uapi/linux/filter.h. */
export function filterProgram(filter: readonly bigint[]): Data {
  return struct([8, filter.length], [8, addressOf(data(encodeFilter(filter)))]);
}
