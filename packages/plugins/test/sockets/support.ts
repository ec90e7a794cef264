import type { PartialEntry } from "@restage/core/testing";
import type { InetSkEntry, UnixSkEntry } from "@restage/images";
import { AF, IPPROTO, SOCK, TCP_STATE } from "@restage/linux/abi";

/** 127.0.0.1 as a word in memory. */
export const LOOPBACK = 0x0100007f;

/** Options whose buffers have sizes that are easy to find. */
const opts = { so_sndbuf: 2000, so_rcvbuf: 4000 };

/** A Unix socket, a stream without name or peer where nothing else is said. */
export function unixSocket(ino: number, given: PartialEntry<UnixSkEntry> = {}): PartialEntry<UnixSkEntry> {
  return { ino, type: SOCK.STREAM, state: TCP_STATE.CLOSE, opts, ...given };
}

/** A name as the kernel has it: a path ends with NUL. */
export function name(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A TCP socket of IPv4 that listens on port 80 of 127.0.0.1 where nothing else is said. */
export function inetSocket(given: PartialEntry<InetSkEntry> = {}): PartialEntry<InetSkEntry> {
  return {
    ino: 77,
    family: AF.INET,
    type: SOCK.STREAM,
    proto: IPPROTO.TCP,
    state: TCP_STATE.LISTEN,
    src_port: 80,
    src_addr: [LOOPBACK],
    dst_addr: [0],
    backlog: 5,
    opts,
    ...given,
  };
}

/** The lines without those that only set options, which all sockets have alike. */
export function withoutOptions(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !line.includes("setsockopt")).map((line) => line.replace(/^\d+ RESTORE \S+ /, ""));
}
