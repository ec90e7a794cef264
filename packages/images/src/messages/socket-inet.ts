/**
 * Internet sockets and TCP connections.
 *
 * @module
 */
import { FileType } from "../file-type.ts";
import { bool, embedded, enumeration, repeated, required, string, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { FownEntry } from "./file-owner.ts";
import { fownEntry } from "./file-owner.ts";
import type { SkOptsEntry } from "./socket.ts";
import { skOptsEntry } from "./socket.ts";

/** Options of a raw IP socket. (CRIU: images/sk-inet.proto) */
export interface IpOptsRawEntry extends Unknowns {
  readonly hdrincl?: boolean;
  readonly nodefrag?: boolean;
  readonly checksum?: boolean;
  readonly icmpv_filter: readonly number[];
}

/** The message type of {@link IpOptsRawEntry}. */
export const ipOptsRawEntry: Message<IpOptsRawEntry> = message("ip_opts_raw_entry", () => ({
  hdrincl: bool(1),
  nodefrag: bool(2),
  checksum: bool(3),
  icmpv_filter: uint32(4, repeated),
}));

/** IP options. (CRIU: images/sk-inet.proto) */
export interface IpOptsEntry extends Unknowns {
  readonly freebind?: boolean;
  readonly raw?: IpOptsRawEntry;
  readonly pktinfo?: boolean;
  readonly tos?: number;
  readonly ttl?: number;
}

/** The message type of {@link IpOptsEntry}. */
export const ipOptsEntry: Message<IpOptsEntry> = message("ip_opts_entry", () => ({
  freebind: bool(1),
  raw: embedded(4, ipOptsRawEntry),
  pktinfo: bool(5),
  tos: uint32(6),
  ttl: uint32(7),
}));

/** TCP options. (CRIU: images/tcp-stream.proto) */
export interface TcpOptsEntry extends Unknowns {
  readonly cork?: boolean;
  readonly nodelay?: boolean;
  readonly keepcnt?: number;
  readonly keepidle?: number;
  readonly keepintvl?: number;
}

/** The message type of {@link TcpOptsEntry}. */
export const tcpOptsEntry: Message<TcpOptsEntry> = message("tcp_opts_entry", () => ({
  cork: bool(1),
  nodelay: bool(2),
  keepcnt: uint32(3),
  keepidle: uint32(4),
  keepintvl: uint32(5),
}));

/** An internet socket. Addresses are words in network byte order, and ports are in host byte order. (CRIU: images/sk-inet.proto) */
export interface InetSkEntry extends Unknowns {
  readonly id: number;
  readonly ino: number;
  /** `AF.INET` or `AF.INET6`, of `@restage/linux/abi`. */
  readonly family: number;
  /** One of `SOCK`, such as `SOCK.STREAM`, of `@restage/linux/abi`. */
  readonly type: number;
  /** One of `IPPROTO`, such as `IPPROTO.TCP`, of `@restage/linux/abi`. */
  readonly proto: number;
  /** One of `TCP_STATE`, such as `TCP_STATE.LISTEN`, of `@restage/linux/abi`. Sockets of other protocols use some of them too. */
  readonly state: number;
  readonly src_port: number;
  readonly dst_port: number;
  readonly flags: number;
  readonly backlog: number;
  readonly src_addr: readonly number[];
  readonly dst_addr: readonly number[];
  readonly fown: FownEntry;
  readonly opts: SkOptsEntry;
  readonly v6only?: boolean;
  readonly ip_opts?: IpOptsEntry;
  readonly ifname?: string;
  readonly ns_id?: number;
  readonly shutdown?: number;
  readonly tcp_opts?: TcpOptsEntry;
}

/** The message type of {@link InetSkEntry}. */
export const inetSkEntry: Message<InetSkEntry> = message("inet_sk_entry", () => ({
  id: uint32(1, required),
  ino: uint32(2, required),
  family: uint32(3, required),
  type: uint32(4, required),
  proto: uint32(5, required),
  state: uint32(6, required),
  src_port: uint32(7, required),
  dst_port: uint32(8, required),
  flags: uint32(9, required),
  backlog: uint32(10, required),
  src_addr: uint32(11, repeated),
  dst_addr: uint32(12, repeated),
  fown: embedded(13, fownEntry, required),
  opts: embedded(14, skOptsEntry, required),
  v6only: bool(15),
  ip_opts: embedded(16, ipOptsEntry),
  ifname: string(17),
  ns_id: uint32(18),
  shutdown: enumeration(19),
  tcp_opts: embedded(20, tcpOptsEntry),
}));

/** The file type of {@link InetSkEntry}. */
export const inetSocket: FileType<InetSkEntry, "INETSK", "isk", "inetsk"> = new FileType({
  message: inetSkEntry,
  type: ["INETSK", 4],
  member: ["isk", 4],
  image: ["inetsk", "inetsk.img", 0x56443851],
});

/** A TCP connection; the bytes of both queues follow in the image. (CRIU: images/tcp-stream.proto) */
export interface TcpStreamEntry extends Unknowns {
  /** The number of bytes in the receive queue. */
  readonly inq_len: number;
  readonly inq_seq: number;
  /** The number of bytes in the send queue. */
  readonly outq_len: number;
  readonly outq_seq: number;
  readonly opt_mask: number;
  readonly snd_wscale: number;
  readonly mss_clamp: number;
  readonly rcv_wscale?: number;
  readonly timestamp?: number;
  readonly cork?: boolean;
  readonly nodelay?: boolean;
  /** The number of bytes of the send queue that were not sent yet. */
  readonly unsq_len?: number;
  readonly snd_wl1?: number;
  readonly snd_wnd?: number;
  readonly max_window?: number;
  readonly rcv_wnd?: number;
  readonly rcv_wup?: number;
}

/** The message type of {@link TcpStreamEntry}. */
export const tcpStreamEntry: Message<TcpStreamEntry> = message("tcp_stream_entry", () => ({
  inq_len: uint32(1, required),
  inq_seq: uint32(2, required),
  outq_len: uint32(3, required),
  outq_seq: uint32(4, required),
  opt_mask: uint32(5, required),
  snd_wscale: uint32(6, required),
  mss_clamp: uint32(7, required),
  rcv_wscale: uint32(8),
  timestamp: uint32(9),
  cork: bool(10),
  nodelay: bool(11),
  unsq_len: uint32(12),
  snd_wl1: uint32(13),
  snd_wnd: uint32(14),
  max_window: uint32(15),
  rcv_wnd: uint32(16),
  rcv_wup: uint32(17),
}));
