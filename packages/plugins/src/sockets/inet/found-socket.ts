import type { DumpContext, Host, OpenFile } from "@restage/core";
import { AF, IPPROTO, SO, SOCK, SOL, TCP_STATE } from "@restage/linux/abi";
import { room } from "../../room.ts";
import { readOption } from "../socket-options/host-options.ts";
import { type InetSocket, inetTable } from "./diag-table.ts";
import { addressSize, decodeAddress, type InetEnd, SOCKET_ADDRESS_SIZE } from "./format.ts";

/** An open internet socket of a seized tree. */
export interface FoundSocket {
  readonly file: OpenFile;
  /** A descriptor of this process for it. */
  readonly descriptor: number;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly socket: InetSocket;
}

/** Looks at an open file; undefined when it is not an internet socket. */
export function findInetSocket(context: DumpContext, file: OpenFile): FoundSocket | undefined {
  const { descriptor } = file;
  if (descriptor === undefined || !file.link.startsWith("socket:")) return undefined;
  const option = (name: number) => readOption(context.host, descriptor, SOL.SOCKET, name) ?? 0;
  const family = option(SO.DOMAIN);
  if (family !== AF.INET && family !== AF.INET6) return undefined;
  const type = option(SO.TYPE);
  const protocol = option(SO.PROTOCOL);
  const table = inetTable(context, family, tableOf(type, protocol));
  const ino = Number(file.stat.ino);
  const socket = table.get(ino) ?? undiagnosed(context.host, ino, descriptor, family);
  return { file, descriptor, family, type, protocol, socket };
}

/** Raw sockets are in one table, whatever their protocol. An MPTCP socket's first TCP socket has its inode. */
function tableOf(type: number, protocol: number): number {
  if (type === SOCK.RAW) return IPPROTO.RAW;
  return protocol === IPPROTO.MPTCP ? IPPROTO.TCP : protocol;
}

/** Whether it is a TCP connection, and not a listening or unused socket. */
export function isFoundConnection({ type, protocol, socket }: FoundSocket): boolean {
  return type === SOCK.STREAM && protocol === IPPROTO.TCP && isConnected(socket);
}

/** Whether a TCP or MPTCP socket is neither new nor listening. */
export function isConnected({ state, destinationPort }: InetSocket): boolean {
  return state !== TCP_STATE.LISTEN && !(state === TCP_STATE.CLOSE && destinationPort === 0);
}

/**
 * A socket that is in no table: it has no address, or it is a raw socket and the kernel has no tables of those
 * (CONFIG_INET_RAW_DIAG).
 */
function undiagnosed(host: Host, ino: number, descriptor: number, family: number): InetSocket {
  const own = readOwnEnd(host, descriptor, family);
  // getpeername(2) does not tell the former peer of a closed connection.
  const size = addressSize(family);
  const peer = host.socketOption(descriptor, SOL.SOCKET, SO.PEERNAME, size);
  const { port, words } = decodeAddress(family, peer ?? new Uint8Array(size));
  return {
    ino,
    state: TCP_STATE.CLOSE,
    sourcePort: own.port,
    destinationPort: port,
    source: own.words,
    destination: words,
    readQueue: 0,
    writeQueue: 0,
    shutdown: 0,
  };
}

/** The own address of a socket; zeros when it has none. */
function readOwnEnd(host: Host, socket: number, family: number): InetEnd {
  const { data } = room(SOCKET_ADDRESS_SIZE);
  const length = room(4);
  length.view.setInt32(0, SOCKET_ADDRESS_SIZE, true);
  host.attempt("getsockname", socket, data, length.data);
  return decodeAddress(family, data.bytes);
}
