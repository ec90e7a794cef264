import { SO, SOCK_FILTER_SIZE } from "@restage/linux/abi";

/** Options that are off in a new socket, by their fields in images. */
export const SWITCHES = {
  so_dontroute: SO.DONTROUTE,
  so_no_check: SO.NO_CHECK,
  so_broadcast: SO.BROADCAST,
  so_keepalive: SO.KEEPALIVE,
} as const;

/** The same, for options that only Unix and netlink sockets have. */
export const CREDENTIAL_SWITCHES = { so_passcred: SO.PASSCRED, so_passsec: SO.PASSSEC } as const;

/** The directions in which a socket is shut down, in images as in the kernel: bits. Source: include/net/sock.h. */
export const SHUTDOWN = { READ: 1, WRITE: 2, BOTH: 3 } as const;

/** A span of time as images have it, in two fields. */
export interface TimeSpan {
  readonly seconds: bigint;
  readonly microseconds: bigint;
}

/** Bytes of struct timeval. Source: include/uapi/linux/time_types.h, struct __kernel_sock_timeval. */
export const TIMEVAL_SIZE = 16;

export function encodeTimeval({ seconds, microseconds }: TimeSpan): Uint8Array {
  return new Uint8Array(BigUint64Array.of(seconds, microseconds).buffer);
}

export function decodeTimeval(bytes: Uint8Array): TimeSpan {
  const [seconds = 0n, microseconds = 0n] = new BigUint64Array(bytes.slice().buffer);
  return { seconds, microseconds };
}

/** Bytes of struct linger. Source: include/linux/socket.h. */
export const LINGER_SIZE = 8;

/** struct linger of a socket that lingers for so many seconds. */
export function encodeLinger(seconds: number): Uint8Array {
  return new Uint8Array(Int32Array.of(1, seconds).buffer);
}

/** For how many seconds a socket lingers; undefined when it does not. */
export function decodeLinger(bytes: Uint8Array): number | undefined {
  const [isOn = 0, seconds = 0] = new Int32Array(bytes.slice().buffer);
  return isOn === 0 ? undefined : seconds;
}

/**
 * Instructions of a classic BPF filter, struct sock_filter, to the words of images: code, jt, jf and k, from the highest bits down. Source: CRIU
 * criu/sockets.c.
 */
export function decodeFilter(bytes: Uint8Array): readonly bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / SOCK_FILTER_SIZE }, (_, index) => {
    const at = index * SOCK_FILTER_SIZE;
    const operation = (view.getUint16(at, true) << 16) | view.getUint16(at + 2, false);
    return (BigInt(operation >>> 0) << 32n) | BigInt(view.getUint32(at + 4, true));
  });
}

/** The reverse of `decodeFilter`. */
export function encodeFilter(words: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(SOCK_FILTER_SIZE * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    const at = index * SOCK_FILTER_SIZE;
    view.setUint16(at, Number(word >> 48n), true);
    view.setUint16(at + 2, Number((word >> 32n) & 0xffffn), false);
    view.setUint32(at + 4, Number(word & 0xffff_ffffn), true);
  });
  return bytes;
}
