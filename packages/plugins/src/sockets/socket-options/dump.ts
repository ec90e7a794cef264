import type { Host } from "@restage/core";
import type { InputOf, SkOptsEntry } from "@restage/images";
import { AF, SO, SOL } from "@restage/linux/abi";
import { cString } from "../../c-string.ts";
import { readFilter } from "./filter.ts";
import { CREDENTIAL_SWITCHES, decodeLinger, decodeTimeval, LINGER_SIZE, SWITCHES, TIMEVAL_SIZE } from "./format.ts";
import { readOption } from "./host-options.ts";

/** Bytes of a name of a network device, IFNAMSIZ. */
const DEVICE_NAME_SIZE = 16;

/** Reads the options that every socket has. */
export function socketOptions(host: Host, socket: number, family: number): InputOf<SkOptsEntry> {
  const number = (option: number) => readOption(host, socket, SOL.SOCKET, option) ?? 0;
  const flag = (option: number) => number(option) !== 0;
  const bytes = (option: number, size: number) =>
    host.socketOption(socket, SOL.SOCKET, option, size) ?? new Uint8Array(size);
  const switches = (fields: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(fields).map(([field, option]) => [field, flag(option)]));
  const send = decodeTimeval(bytes(SO.SNDTIMEO, TIMEVAL_SIZE));
  const receive = decodeTimeval(bytes(SO.RCVTIMEO, TIMEVAL_SIZE));
  const mark = number(SO.MARK);
  const linger = decodeLinger(bytes(SO.LINGER, LINGER_SIZE));
  const device = host.socketOption(socket, SOL.SOCKET, SO.BINDTODEVICE, DEVICE_NAME_SIZE) ?? new Uint8Array();
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
    so_oobinline: number(SO.OOBINLINE),
    so_filter: readFilter(host, socket) ?? [],
    ...switches(SWITCHES),
    ...(mark === 0 ? {} : { so_mark: mark }),
    ...(bufLock === undefined ? {} : { so_buf_lock: bufLock }),
    ...(linger === undefined ? {} : { so_linger: linger }),
    ...(device.length > 1 ? { so_bound_dev: cString(device) } : {}),
    ...(family === AF.UNIX || family === AF.NETLINK ? switches(CREDENTIAL_SWITCHES) : {}),
  };
}
