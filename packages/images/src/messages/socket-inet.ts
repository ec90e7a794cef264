/**
 * Internet sockets and TCP connections.
 *
 * @module
 */
import { bool, embedded, enumeration, repeated, required, string, uint32 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import { fownEntry } from "./file-owner.ts";
import { skOptsEntry } from "./socket.ts";

function ipOptsRawEntryFields() {
  return {
    hdrincl: bool(1),
    nodefrag: bool(2),
    checksum: bool(3),
    icmpv_filter: uint32(4, repeated),
  };
}
/** Options of a raw IP socket. (CRIU: images/sk-inet.proto) */
export interface IpOptsRawEntry extends ValueOfFields<ReturnType<typeof ipOptsRawEntryFields>> {}
/** Type of {@link IpOptsRawEntry}. */
export const ipOptsRawEntry: Message<IpOptsRawEntry> = message("ip_opts_raw_entry", ipOptsRawEntryFields);

function ipOptsEntryFields() {
  return {
    freebind: bool(1),
    raw: embedded(4, ipOptsRawEntry),
    pktinfo: bool(5),
    tos: uint32(6),
    ttl: uint32(7),
  };
}
/** IP options. (CRIU: images/sk-inet.proto) */
export interface IpOptsEntry extends ValueOfFields<ReturnType<typeof ipOptsEntryFields>> {}
/** Type of {@link IpOptsEntry}. */
export const ipOptsEntry: Message<IpOptsEntry> = message("ip_opts_entry", ipOptsEntryFields);

function tcpOptsEntryFields() {
  return {
    cork: bool(1),
    nodelay: bool(2),
    keepcnt: uint32(3),
    keepidle: uint32(4),
    keepintvl: uint32(5),
  };
}
/** TCP options. (CRIU: images/tcp-stream.proto) */
export interface TcpOptsEntry extends ValueOfFields<ReturnType<typeof tcpOptsEntryFields>> {}
/** Type of {@link TcpOptsEntry}. */
export const tcpOptsEntry: Message<TcpOptsEntry> = message("tcp_opts_entry", tcpOptsEntryFields);

function inetSkEntryFields() {
  return {
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
  };
}
/** An internet socket. Addresses are words in network byte order. (CRIU: images/sk-inet.proto) */
export interface InetSkEntry extends ValueOfFields<ReturnType<typeof inetSkEntryFields>> {}
/** Type of {@link InetSkEntry}. */
export const inetSkEntry: Message<InetSkEntry> = message("inet_sk_entry", inetSkEntryFields);

function tcpStreamEntryFields() {
  return {
    /** Bytes in the receive queue. */
    inq_len: uint32(1, required),
    inq_seq: uint32(2, required),
    /** Bytes in the send queue. */
    outq_len: uint32(3, required),
    outq_seq: uint32(4, required),
    opt_mask: uint32(5, required),
    snd_wscale: uint32(6, required),
    mss_clamp: uint32(7, required),
    rcv_wscale: uint32(8),
    timestamp: uint32(9),
    cork: bool(10),
    nodelay: bool(11),
    /** Bytes of the send queue that were not sent yet. */
    unsq_len: uint32(12),
    snd_wl1: uint32(13),
    snd_wnd: uint32(14),
    max_window: uint32(15),
    rcv_wnd: uint32(16),
    rcv_wup: uint32(17),
  };
}
/** A TCP connection; the bytes of both queues follow in the image. (CRIU: images/tcp-stream.proto) */
export interface TcpStreamEntry extends ValueOfFields<ReturnType<typeof tcpStreamEntryFields>> {}
/** Type of {@link TcpStreamEntry}. */
export const tcpStreamEntry: Message<TcpStreamEntry> = message("tcp_stream_entry", tcpStreamEntryFields);
