import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes, type InetSkEntry, type InputOf } from "@restage/images";
import { AF, ICMP_FILTER, IP, IPPROTO, IPV6, SO, SOCK, SOL, TCP, TCP_STATE } from "@restage/linux/abi";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { readOption, socketOptions } from "../socket-options/dump.ts";
import { isConnection, saveConnection } from "../tcp/dump.ts";
import { RepairedConnections, RepairedSockets } from "../tcp/repaired-connections.ts";
import { type InetSocket, readAddress, readInetSockets } from "./diag-table.ts";

/** Protocols that come back; raw sockets may have any. */
const PROTOCOLS: readonly number[] = [
  IPPROTO.IP,
  IPPROTO.TCP,
  IPPROTO.UDP,
  IPPROTO.UDPLITE,
  IPPROTO.ICMP,
  IPPROTO.ICMPV6,
];

/** Internet sockets: addresses, ports, options; TCP connections too when they are asked for. */
export function inetSockets(): Plugin {
  return definePlugin({
    name: "inet-sockets",
    duty: "inet-sockets",
    provides: [RepairedConnections],
    dump({ describeFile, provide }) {
      provide(RepairedConnections, new RepairedSockets());
      const tables = new Map<string, ReadonlyMap<number, InetSocket>>();
      describeFile.tap("inet-sockets", (file, context) => {
        const { descriptor } = file;
        if (descriptor === undefined || !file.link.startsWith("socket:")) return undefined;
        const option = (name: number) => readOption(context.host, descriptor, SOL.SOCKET, name) ?? 0;
        const family = option(SO.DOMAIN);
        if (family !== AF.INET && family !== AF.INET6) return undefined;
        const type = option(SO.TYPE);
        const protocol = option(SO.PROTOCOL);
        if (type !== SOCK.RAW && !PROTOCOLS.includes(protocol)) return undefined;
        const asked = type === SOCK.RAW ? IPPROTO.RAW : protocol;
        const key = `${family} ${asked}`;
        const table = tables.get(key) ?? readInetSockets(context, family, asked);
        tables.set(key, table);
        const socket = table.get(Number(file.stat.ino)) ?? undiagnosed(context, file, descriptor, family);
        return {
          type: fdTypes.INETSK,
          isk: describeSocket(context, file, descriptor, { socket, family, type, protocol }),
        };
      });
    },
  });
}

interface Described {
  readonly socket: InetSocket;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
}

/** A socket without an address is in no table of the kernel's; there may be none at all for raw ones (CONFIG_INET_RAW_DIAG). */
function undiagnosed({ host }: DumpContext, { stat }: OpenFile, descriptor: number, family: number): InetSocket {
  const own = readAddress(host, "getsockname", descriptor, family);
  const peer = readAddress(host, "getpeername", descriptor, family);
  return {
    ino: Number(stat.ino),
    state: TCP_STATE.CLOSE,
    sourcePort: own.port,
    destinationPort: peer.port,
    source: own.address,
    destination: peer.address,
    readQueue: 0,
    writeQueue: 0,
    shutdown: 0,
  };
}

function describeSocket(
  context: DumpContext,
  file: OpenFile,
  descriptor: number,
  { socket, family, type, protocol }: Described,
): InputOf<InetSkEntry> {
  const { host } = context;
  const isTcp = protocol === IPPROTO.TCP && type === SOCK.STREAM;
  if (!isTcp && socket.readQueue > 0) {
    const why = "data that nobody has read is not saved";
    context.findings.warn({ what: file.link, why, pid: file.task.pid });
  }
  if (isTcp && socket.state === TCP_STATE.LISTEN && socket.readQueue > 0) {
    const why = `${socket.readQueue} connections wait to be accepted, which are not saved`;
    context.findings.refuse({ what: file.link, why, hint: "try again when they have been", pid: file.task.pid });
  }
  const opts = socketOptions(host, descriptor, family);
  const state = isTcp && isConnection(socket) ? saveConnection(context, file, descriptor, socket) : socket.state;
  return {
    id: file.id,
    ino: socket.ino,
    family,
    type,
    proto: protocol,
    state,
    src_port: socket.sourcePort,
    dst_port: socket.destinationPort,
    flags: file.flags,
    backlog: socket.writeQueue,
    src_addr: socket.source,
    dst_addr: socket.destination,
    fown: ownerOf(file, context),
    opts,
    ...(family === AF.INET6 ? { v6only: readOption(host, descriptor, SOL.IPV6, IPV6.V6ONLY) === 1 } : {}),
    ip_opts: ipOptions(context, descriptor, { family, type, protocol }),
    ns_id: file.task.ids.net_ns_id ?? 0,
    ...(socket.shutdown === 0 ? {} : { shutdown: socket.shutdown }),
    ...(isTcp ? { tcp_opts: tcpOptions(context, descriptor) } : {}),
  };
}

function ipOptions(
  { host }: DumpContext,
  descriptor: number,
  { family, type, protocol }: Pick<Described, "family" | "type" | "protocol">,
): NonNullable<InputOf<InetSkEntry>["ip_opts"]> {
  const number = (level: number, option: number) => readOption(host, descriptor, level, option) ?? 0;
  const flag = (name: string, level: number, option: number) => (number(level, option) === 0 ? {} : { [name]: true });
  const value = (name: string, level: number, option: number) => {
    const found = number(level, option);
    return found === 0 ? {} : { [name]: found };
  };
  const isSix = family === AF.INET6;
  const raw =
    type !== SOCK.RAW
      ? {}
      : {
          raw: {
            ...flag("hdrincl", isSix ? SOL.IPV6 : SOL.IP, isSix ? IPV6.HDRINCL : IP.HDRINCL),
            ...(isSix ? {} : flag("nodefrag", SOL.IP, IP.NODEFRAG)),
            ...(protocol === IPPROTO.ICMP && !isSix ? { icmpv_filter: [number(SOL.RAW, ICMP_FILTER) >>> 0] } : {}),
          },
        };
  if (isSix) {
    return {
      ...flag("freebind", SOL.IPV6, IPV6.FREEBIND),
      ...flag("pktinfo", SOL.IPV6, IPV6.RECVPKTINFO),
      ...raw,
    };
  }
  return {
    ...flag("freebind", SOL.IP, IP.FREEBIND),
    ...flag("pktinfo", SOL.IP, IP.PKTINFO),
    ...value("tos", SOL.IP, IP.TOS),
    ...value("ttl", SOL.IP, IP.TTL),
    ...raw,
  };
}

function tcpOptions({ host }: DumpContext, descriptor: number) {
  const number = (option: number) => readOption(host, descriptor, SOL.TCP, option) ?? 0;
  return {
    cork: number(TCP.CORK) !== 0,
    nodelay: number(TCP.NODELAY) !== 0,
    keepcnt: number(TCP.KEEPCNT),
    keepidle: number(TCP.KEEPIDLE),
    keepintvl: number(TCP.KEEPINTVL),
  };
}
