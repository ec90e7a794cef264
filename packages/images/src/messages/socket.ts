/**
 * Options and queues of all sockets.
 *
 * @module
 */
import { bool, embedded, fixed64, repeated, required, string, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import { MICROSECONDS } from "./time-limits.ts";

/** Values of `shutdown`: which directions of a socket are closed. */
export const skShutdown = {
  NONE: 0,
  READ: 1,
  WRITE: 2,
  BOTH: 3,
} as const;

/** Socket options. (CRIU: images/sk-opts.proto) */
export interface SkOptsEntry extends Unknowns {
  readonly so_sndbuf: number;
  readonly so_rcvbuf: number;
  readonly so_snd_tmo_sec: bigint;
  readonly so_snd_tmo_usec: bigint;
  readonly so_rcv_tmo_sec: bigint;
  readonly so_rcv_tmo_usec: bigint;
  readonly reuseaddr?: boolean;
  readonly so_priority?: number;
  readonly so_rcvlowat?: number;
  readonly so_mark?: number;
  readonly so_passcred?: boolean;
  readonly so_passsec?: boolean;
  readonly so_dontroute?: boolean;
  readonly so_no_check?: boolean;
  readonly so_bound_dev?: string;
  readonly so_filter: readonly bigint[];
  readonly so_reuseport?: boolean;
  readonly so_broadcast?: boolean;
  readonly so_keepalive?: boolean;
  readonly tcp_keepcnt?: number;
  readonly tcp_keepidle?: number;
  readonly tcp_keepintvl?: number;
  readonly so_oobinline?: number;
  readonly so_linger?: number;
  readonly so_buf_lock?: number;
}

/** The message type of {@link SkOptsEntry}. */
export const skOptsEntry: Message<SkOptsEntry> = message("sk_opts_entry", () => ({
  so_sndbuf: uint32(1, required),
  so_rcvbuf: uint32(2, required),
  so_snd_tmo_sec: uint64(3, required),
  so_snd_tmo_usec: uint64(4, required, MICROSECONDS),
  so_rcv_tmo_sec: uint64(5, required),
  so_rcv_tmo_usec: uint64(6, required, MICROSECONDS),
  reuseaddr: bool(7),
  so_priority: uint32(8),
  so_rcvlowat: uint32(9),
  so_mark: uint32(10),
  so_passcred: bool(11),
  so_passsec: bool(12),
  so_dontroute: bool(13),
  so_no_check: bool(14),
  so_bound_dev: string(15),
  so_filter: fixed64(16, repeated),
  so_reuseport: bool(17),
  so_broadcast: bool(18),
  so_keepalive: bool(19),
  tcp_keepcnt: uint32(20),
  tcp_keepidle: uint32(21),
  tcp_keepintvl: uint32(22),
  so_oobinline: uint32(23),
  so_linger: uint32(24),
  so_buf_lock: uint32(25),
}));

/** A control message that a packet carries. (CRIU: images/sk-packet.proto) */
export interface ScmEntry extends Unknowns {
  readonly type: number;
  readonly rights: readonly number[];
}

/** The message type of {@link ScmEntry}. */
export const scmEntry: Message<ScmEntry> = message("scm_entry", () => ({
  type: uint32(1, required),
  rights: uint32(2, repeated),
}));

/** A packet in the receive queue of a socket; its bytes follow in the image. (CRIU: images/sk-packet.proto) */
export interface SkPacketEntry extends Unknowns {
  /** Id of the receiving socket. */
  readonly id_for: number;
  /** The number of bytes that follow. */
  readonly length: number;
  readonly scm: readonly ScmEntry[];
}

/** The message type of {@link SkPacketEntry}. */
export const skPacketEntry: Message<SkPacketEntry> = message("sk_packet_entry", () => ({
  id_for: uint32(1, required),
  length: uint32(2, required),
  scm: embedded(4, scmEntry, repeated),
}));
