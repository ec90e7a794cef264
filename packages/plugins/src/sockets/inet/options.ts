import { data, type Task, type Value } from "@restage/core";
import type { InetSkEntry, IpOptsRawEntry, TcpOptsEntry } from "@restage/images";
import { AF, F, ICMP_FILTER, IP, IPPROTO, IPV6, SETTABLE_FLAGS, SOL, TCP } from "@restage/linux/abi";
import { setOption, setSocketOptions } from "../socket-options/restore.ts";

/** What does not depend on whether it is bound or connected. */
export function setInetOptions(task: Task, socket: Value, entry: InetSkEntry): void {
  task.call.fcntl(socket, F.SETFL, entry.flags & SETTABLE_FLAGS);
  setIpOptions(task, socket, entry);
  setSocketOptions(task, socket, entry.opts);
  if (entry.proto === IPPROTO.TCP) setTcpOptions(task, socket, entry.tcp_opts);
}

/** Options of the IP level, but for those that have to do with binding. */
function setIpOptions(task: Task, socket: Value, { family, proto, ip_opts }: InetSkEntry): void {
  if (ip_opts === undefined) return;
  const { pktinfo, tos, ttl, raw } = ip_opts;
  if (family === AF.INET6) {
    if (pktinfo !== undefined) setOption(task, socket, SOL.IPV6, IPV6.RECVPKTINFO, pktinfo);
  } else {
    if (pktinfo !== undefined) setOption(task, socket, SOL.IP, IP.PKTINFO, pktinfo);
    if (tos !== undefined) setOption(task, socket, SOL.IP, IP.TOS, tos);
    if (ttl !== undefined) setOption(task, socket, SOL.IP, IP.TTL, ttl);
  }
  if (raw !== undefined) setRawOptions(task, socket, family, proto, raw);
}

function setRawOptions(task: Task, socket: Value, family: number, proto: number, options: IpOptsRawEntry): void {
  const { hdrincl, nodefrag, icmpv_filter } = options;
  const isIcmp = proto === IPPROTO.ICMP || proto === IPPROTO.ICMPV6;
  if (isIcmp && icmpv_filter.length > 0) {
    const filter = data(new Uint8Array(Uint32Array.from(icmpv_filter).buffer));
    task.call.setsockopt(socket, family === AF.INET6 ? SOL.ICMPV6 : SOL.RAW, ICMP_FILTER, filter, filter.bytes.length);
  }
  if (nodefrag !== undefined) setOption(task, socket, SOL.IP, IP.NODEFRAG, nodefrag);
  if (hdrincl === undefined) return;
  if (family === AF.INET6) setOption(task, socket, SOL.IPV6, IPV6.HDRINCL, hdrincl);
  else setOption(task, socket, SOL.IP, IP.HDRINCL, hdrincl);
}

/** Options of TCP. */
function setTcpOptions(task: Task, socket: Value, options: TcpOptsEntry | undefined): void {
  if (options === undefined) return;
  const { nodelay, cork, keepcnt, keepidle, keepintvl } = options;
  const set = (option: number, value: number | boolean | undefined) => {
    if (value !== undefined) setOption(task, socket, SOL.TCP, option, value);
  };
  set(TCP.NODELAY, nodelay);
  set(TCP.CORK, cork);
  set(TCP.KEEPCNT, keepcnt);
  set(TCP.KEEPIDLE, keepidle);
  set(TCP.KEEPINTVL, keepintvl);
}
