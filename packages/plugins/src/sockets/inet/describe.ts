import type { DumpContext, Host } from "@restage/core";
import type { InetSkEntry, InputOf } from "@restage/images";
import { AF, IPPROTO, IPV6, SOCK, SOL } from "@restage/linux/abi";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { socketOptions } from "../socket-options/dump.ts";
import { readOption } from "../socket-options/host-options.ts";
import { type InetOption, IP_OPTIONS, IPV6_OPTIONS, icmpFilter, TCP_OPTIONS } from "./format.ts";
import type { FoundSocket } from "./found-socket.ts";

type IpOptions = NonNullable<InputOf<InetSkEntry>["ip_opts"]>;

/** Makes the image entry of an internet socket. */
export function describeInetSocket(context: DumpContext, found: FoundSocket): InputOf<InetSkEntry> {
  const { file, descriptor, family, type, protocol, socket } = found;
  const { host } = context;
  const isMptcp = protocol === IPPROTO.MPTCP;
  const isTcp = isMptcp || (type === SOCK.STREAM && protocol === IPPROTO.TCP);
  return {
    id: file.id,
    ino: socket.ino,
    family,
    type,
    proto: isMptcp ? IPPROTO.TCP : protocol,
    state: socket.state,
    src_port: socket.sourcePort,
    dst_port: socket.destinationPort,
    flags: file.flags,
    backlog: socket.writeQueue,
    src_addr: socket.source,
    dst_addr: socket.destination,
    fown: ownerOf(file, context),
    opts: socketOptions(host, descriptor, family),
    ...(family === AF.INET6 ? { v6only: readOption(host, descriptor, SOL.IPV6, IPV6.V6ONLY) === 1 } : {}),
    ip_opts: ipOptions(host, found),
    ns_id: file.task.ids.net_ns_id ?? 0,
    ...(socket.shutdown === 0 ? {} : { shutdown: socket.shutdown }),
    ...(isTcp ? { tcp_opts: tcpOptions(host, descriptor) } : {}),
  };
}

/** Options that are not as in a new socket. */
function ipOptions(host: Host, { descriptor, family, type, protocol }: FoundSocket): IpOptions {
  const number = ({ level, option }: InetOption) => readOption(host, descriptor, level, option) ?? 0;
  const flag = (name: string, option: InetOption) => (number(option) === 0 ? {} : { [name]: true });
  const value = (name: string, option: InetOption) => {
    const found = number(option);
    return found === 0 ? {} : { [name]: found };
  };
  const isIpv6 = family === AF.INET6;
  const options = isIpv6 ? IPV6_OPTIONS : IP_OPTIONS;
  const isIcmp = protocol === IPPROTO.ICMP || protocol === IPPROTO.ICMPV6;
  return {
    ...flag("freebind", options.freebind),
    ...flag("pktinfo", options.pktinfo),
    ...(isIpv6 ? {} : { ...value("tos", IP_OPTIONS.tos), ...value("ttl", IP_OPTIONS.ttl) }),
    ...(type !== SOCK.RAW
      ? {}
      : {
          raw: {
            ...flag("hdrincl", options.hdrincl),
            ...(isIpv6 ? {} : flag("nodefrag", IP_OPTIONS.nodefrag)),
            ...(isIcmp ? { icmpv_filter: readFilter(host, descriptor, family) } : {}),
          },
        }),
  };
}

function readFilter(host: Host, descriptor: number, family: number): readonly number[] {
  const { level, option, size } = icmpFilter(family);
  const bytes = host.socketOption(descriptor, level, option, size) ?? new Uint8Array();
  return [...new Uint32Array(bytes.slice().buffer)];
}

function tcpOptions(host: Host, descriptor: number): NonNullable<InputOf<InetSkEntry>["tcp_opts"]> {
  const { cork, nodelay, ...numbers } = TCP_OPTIONS;
  const read = (option: number) => readOption(host, descriptor, SOL.TCP, option);
  // An MPTCP socket of an older kernel does not have all of them.
  const known = Object.entries(numbers).flatMap(([name, option]) => {
    const value = read(option);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { cork: read(cork) === 1, nodelay: read(nodelay) === 1, ...Object.fromEntries(known) };
}
