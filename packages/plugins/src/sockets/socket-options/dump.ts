import type { Host } from "@restage/core";
import type { InputOf, SkOptsEntry } from "@restage/images";
import { AF, SO, SOCK_FILTER_SIZE, SOL } from "@restage/linux/abi";
import { room } from "../../room.ts";

/** An option that is a number; undefined when the socket has no such option. */
export function readOption(host: Host, socket: number, level: number, option: number): number | undefined {
  const value = room(4);
  const length = room(4);
  length.view.setInt32(0, 4, true);
  const result = host.attempt("getsockopt", socket, level, option, value.data, length.data);
  return result < 0 ? undefined : value.view.getInt32(0, true);
}

/** Bytes of an option; undefined when the socket has no such option. */
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

/** Options that every socket has. */
export function socketOptions(host: Host, socket: number, family: number): InputOf<SkOptsEntry> {
  const number = (option: number) => readOption(host, socket, SOL.SOCKET, option) ?? 0;
  const flag = (option: number) => number(option) !== 0;
  const time = (option: number) => {
    const bytes = readOptionBytes(host, socket, SOL.SOCKET, option, 16) ?? new Uint8Array(16);
    const [seconds = 0n, microseconds = 0n] = new BigUint64Array(bytes.slice().buffer);
    return { seconds, microseconds };
  };
  const send = time(SO.SNDTIMEO);
  const receive = time(SO.RCVTIMEO);
  const mark = number(SO.MARK);
  const [lingers = 0, linger = 0] = words(readOptionBytes(host, socket, SOL.SOCKET, SO.LINGER, 8));
  const device = readOptionBytes(host, socket, SOL.SOCKET, SO.BINDTODEVICE, 16) ?? new Uint8Array();
  const bufLock = readOption(host, socket, SOL.SOCKET, SO.BUF_LOCK);
  return {
    so_sndbuf: number(SO.SNDBUF),
    so_rcvbuf: number(SO.RCVBUF),
    so_snd_tmo_sec: send.seconds,
    so_snd_tmo_usec: send.microseconds,
    so_rcv_tmo_sec: receive.seconds,
    so_rcv_tmo_usec: receive.microseconds,
    reuseaddr: flag(SO.REUSEADDR),
    so_reuseport: flag(SO.REUSEPORT),
    so_priority: number(SO.PRIORITY),
    so_rcvlowat: number(SO.RCVLOWAT),
    so_dontroute: flag(SO.DONTROUTE),
    so_no_check: flag(SO.NO_CHECK),
    so_broadcast: flag(SO.BROADCAST),
    so_keepalive: flag(SO.KEEPALIVE),
    so_oobinline: number(SO.OOBINLINE),
    so_filter: filterOf(host, socket),
    ...(mark === 0 ? {} : { so_mark: mark }),
    ...(bufLock === undefined ? {} : { so_buf_lock: bufLock }),
    ...(lingers === 0 ? {} : { so_linger: linger }),
    ...(device.length > 1 ? { so_bound_dev: new TextDecoder().decode(device.subarray(0, device.indexOf(0))) } : {}),
    ...(family === AF.UNIX || family === AF.NETLINK
      ? { so_passcred: flag(SO.PASSCRED), so_passsec: flag(SO.PASSSEC) }
      : {}),
  };
}

/** Instructions as numbers: 16 bits of code, 8 of jt, 8 of jf, 32 of k. SO_GET_FILTER counts them, not bytes. Source: CRIU criu/sockets.c. */
function filterOf(host: Host, socket: number): readonly bigint[] {
  const length = room(4);
  if (host.attempt("getsockopt", socket, SOL.SOCKET, SO.ATTACH_FILTER, 0, length.data) < 0) return [];
  const count = length.view.getInt32(0, true);
  if (count === 0) return [];
  const filter = room(count * SOCK_FILTER_SIZE);
  host.attempt("getsockopt", socket, SOL.SOCKET, SO.ATTACH_FILTER, filter.data, length.data);
  return Array.from({ length: count }, (_, index) => {
    const at = index * SOCK_FILTER_SIZE;
    const operation = (filter.view.getUint16(at, true) << 16) | filter.view.getUint16(at + 2, false);
    return (BigInt(operation >>> 0) << 32n) | BigInt(filter.view.getUint32(at + 4, true));
  });
}

function words(bytes: Uint8Array | undefined): readonly number[] {
  return bytes === undefined ? [] : [...new Int32Array(bytes.slice().buffer)];
}
