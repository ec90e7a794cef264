import { data, type Task, type Value } from "@restage/core";
import type { InetSkEntry, IpOptsRawEntry, TcpOptsEntry } from "@restage/images";
import { AF, F, IPPROTO, SETTABLE_FLAGS, SOL } from "@restage/linux/abi";
import { setOption, setSocketOptions } from "../socket-options/restore.ts";
import { type InetOption, IP_OPTIONS, IPV6_OPTIONS, icmpFilter, TCP_OPTIONS } from "./format.ts";

/**
 * Sets the options that do not depend on whether the socket is bound or connected.
 *
 * @param protocol of the socket, if not the entry's.
 */
export function setInetOptions(task: Task, socket: Value, entry: InetSkEntry, protocol = entry.proto): void {
  task.call.fcntl(socket, F.SETFL, entry.flags & SETTABLE_FLAGS);
  setIpOptions(task, socket, entry);
  setSocketOptions(task, socket, entry.opts, protocol !== IPPROTO.MPTCP);
  if (entry.proto === IPPROTO.TCP) setTcpOptions(task, socket, entry.tcp_opts);
}

/** Sets options of the IP level, except IP_FREEBIND, which matters before binding. */
function setIpOptions(task: Task, socket: Value, { family, proto, ip_opts }: InetSkEntry): void {
  if (ip_opts === undefined) return;
  const { pktinfo, tos, ttl, raw } = ip_opts;
  if (family === AF.INET6) {
    set(task, socket, IPV6_OPTIONS.pktinfo, pktinfo);
  } else {
    set(task, socket, IP_OPTIONS.pktinfo, pktinfo);
    set(task, socket, IP_OPTIONS.tos, tos);
    set(task, socket, IP_OPTIONS.ttl, ttl);
  }
  if (raw !== undefined) setRawOptions(task, socket, family, proto, raw);
}

function setRawOptions(task: Task, socket: Value, family: number, proto: number, options: IpOptsRawEntry): void {
  const { hdrincl, nodefrag, icmpv_filter } = options;
  const isIcmp = proto === IPPROTO.ICMP || proto === IPPROTO.ICMPV6;
  if (isIcmp && icmpv_filter.length > 0) {
    const { level, option } = icmpFilter(family);
    const filter = data(new Uint8Array(Uint32Array.from(icmpv_filter).buffer));
    task.call.setsockopt(socket, level, option, filter, filter.bytes.length);
  }
  set(task, socket, IP_OPTIONS.nodefrag, nodefrag);
  set(task, socket, (family === AF.INET6 ? IPV6_OPTIONS : IP_OPTIONS).hdrincl, hdrincl);
}

function setTcpOptions(task: Task, socket: Value, options: TcpOptsEntry = {}): void {
  for (const [field, option] of Object.entries(TCP_OPTIONS))
    set(task, socket, { level: SOL.TCP, option }, options[field as keyof typeof TCP_OPTIONS]);
}

/** Sets an option that was recorded. */
function set(task: Task, socket: Value, { level, option }: InetOption, value: number | boolean | undefined): void {
  if (value !== undefined) setOption(task, socket, level, option, value);
}
