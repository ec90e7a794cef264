import type { DumpContext, Host } from "@restage/core";
import { INET_DIAG } from "@restage/linux/abi";
import { room } from "../../room.ts";
import { diagnose } from "../socket-diag.ts";

/** An internet socket that is bound or connected, as the kernel describes it. */
export interface InetSocket {
  readonly ino: number;
  /** TCP_STATE; a datagram socket is 1 when it is connected, 7 when not. */
  readonly state: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Words in network byte order: one for IPv4, four for IPv6. */
  readonly source: readonly number[];
  readonly destination: readonly number[];
  /** Of a listening one: connections that wait, and how many may. */
  readonly readQueue: number;
  readonly writeQueue: number;
  /** 1 reading, 2 writing, 3 both. */
  readonly shutdown: number;
}

const REQUEST_SIZE = 56;
const MESSAGE_SIZE = 72;
const AF_INET6 = 10;

/** All bound sockets of a family and protocol in the tree's network namespace, by inode. */
export function readInetSockets(
  context: DumpContext,
  family: number,
  protocol: number,
): ReadonlyMap<number, InetSocket> {
  const request = new Uint8Array(REQUEST_SIZE);
  request[0] = family;
  // Raw sockets have a protocol of their own, which stands elsewhere.
  request[1] = protocol;
  request[2] = 1 << (INET_DIAG.SHUTDOWN - 1);
  new DataView(request.buffer).setUint32(4, 0xffff_ffff, true);
  const sockets = diagnose(context, request, MESSAGE_SIZE).map(({ message, attributes }): InetSocket => {
    const words = (at: number) =>
      Array.from({ length: family === AF_INET6 ? 4 : 1 }, (_, index) => message.getUint32(at + 4 * index, true));
    return {
      ino: message.getUint32(68, true),
      state: message.getUint8(1),
      sourcePort: message.getUint16(4, false),
      destinationPort: message.getUint16(6, false),
      source: words(8),
      destination: words(24),
      readQueue: message.getUint32(56, true),
      writeQueue: message.getUint32(60, true),
      shutdown: attributes.get(INET_DIAG.SHUTDOWN)?.[0] ?? 0,
    };
  });
  return new Map(sockets.map((socket) => [socket.ino, socket]));
}

/** struct sockaddr_in6 is the larger one. */
const ADDRESS_SIZE = 28;

/** One end of a socket of this process, in words as above; zeros when it has none. */
export function readAddress(
  host: Host,
  call: "getsockname" | "getpeername",
  socket: number,
  family: number,
): { readonly port: number; readonly address: readonly number[] } {
  const { data, view } = room(ADDRESS_SIZE);
  const length = room(4);
  length.view.setInt32(0, ADDRESS_SIZE, true);
  host.attempt(call, socket, data, length.data);
  const [at, words] = family === AF_INET6 ? [8, 4] : [4, 1];
  const address = Array.from({ length: words }, (_, index) => view.getUint32(at + 4 * index, true));
  return { port: view.getUint16(2, false), address };
}
