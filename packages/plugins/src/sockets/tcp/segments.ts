import { data, giveCapability, type Task } from "@restage/core";
import { AF, IP, IPPROTO, SO, SOCK, SOL, TCP_FLAG } from "@restage/linux/abi";
import { addressBytes } from "../inet/addresses.ts";
import type { InetEnd } from "../inet/format.ts";
import { socketAddress } from "../inet/socket-address.ts";
import { LOCK_MARK } from "../network-lock/format.ts";
import { setOption } from "../socket-options/restore.ts";

const TCP_HEADER_SIZE = 20;
const IPV4_HEADER_SIZE = 20;
const IPV6_HEADER_SIZE = 40;
const HOPS = 64;

/** A TCP segment without payload. */
export interface TcpSegment {
  readonly family: number;
  readonly from: InetEnd;
  readonly to: InetEnd;
  readonly sequence: number;
  readonly acknowledged: number;
  /** Bits of TCP_FLAG. */
  readonly flags: number;
  readonly window: number;
}

/** Sends a segment to a connection of this machine in the name of its peer. Requires CAP_NET_RAW, and CAP_NET_ADMIN for the mark. */
export function injectSegment(task: Task, segment: TcpSegment): void {
  const { family, to } = segment;
  const bytes = segmentBytes(segment);
  const socket = task.call.socket(family, SOCK.RAW | SOCK.CLOEXEC, IPPROTO.RAW).hint(giveCapability("CAP_NET_RAW"));
  setOption(task, socket, SOL.SOCKET, SO.MARK, LOCK_MARK);
  if (family === AF.INET) setOption(task, socket, SOL.IP, IP.HDRINCL, true);
  // In the address of a raw socket, the port would be a protocol.
  const address = socketAddress(family, { port: 0, words: to.words });
  task.call.sendto(socket, data(bytes), bytes.length, 0, address, address.bytes.length).expect(bytes.length);
  task.call.close(socket);
}

/** A segment with its IP header, which the kernel completes. */
export function segmentBytes(segment: TcpSegment): Uint8Array {
  const { family, from, to, sequence, acknowledged, flags, window } = segment;
  const start = family === AF.INET ? IPV4_HEADER_SIZE : IPV6_HEADER_SIZE;
  const bytes = new Uint8Array(start + TCP_HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  const source = addressBytes(family, from.words);
  const destination = addressBytes(family, to.words);
  if (family === AF.INET) {
    view.setUint8(0, 0x45);
    view.setUint16(2, bytes.length);
    view.setUint8(8, HOPS);
    view.setUint8(9, IPPROTO.TCP);
    bytes.set(source, 12);
    bytes.set(destination, 16);
  } else {
    view.setUint8(0, 0x60);
    view.setUint16(4, TCP_HEADER_SIZE);
    view.setUint8(6, IPPROTO.TCP);
    view.setUint8(7, HOPS);
    bytes.set(source, 8);
    bytes.set(destination, 24);
  }
  view.setUint16(start, from.port);
  view.setUint16(start + 2, to.port);
  view.setUint32(start + 4, sequence);
  view.setUint32(start + 8, acknowledged);
  view.setUint8(start + 12, (TCP_HEADER_SIZE / 4) << 4);
  view.setUint8(start + 13, flags | TCP_FLAG.ACK);
  view.setUint16(start + 14, window);
  view.setUint16(start + 16, checksum([source, destination, pseudoHeaderEnd(), bytes.subarray(start)]));
  return bytes;
}

/** The end of the pseudo-header: protocol and length, which the checksum covers along with the addresses. */
function pseudoHeaderEnd(): Uint8Array {
  return Uint8Array.of(0, IPPROTO.TCP, 0, TCP_HEADER_SIZE);
}

/** The internet checksum: the complement of the sum of all 16-bit words in ones' complement. */
function checksum(parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += ((part[at] ?? 0) << 8) | (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
