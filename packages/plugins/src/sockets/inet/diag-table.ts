import type { DumpContext, Host } from "@restage/core";
import { AF, INET_DIAG, INET_DIAG_MSG, INET_DIAG_REQ_V2, INET_DIAG_SOCKID } from "@restage/linux/abi";
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

/** All bound sockets of a family and protocol in the tree's network namespace, by inode. */
export function readInetSockets(
  context: DumpContext,
  family: number,
  protocol: number,
): ReadonlyMap<number, InetSocket> {
  const request = new Uint8Array(INET_DIAG_REQ_V2.size);
  request[INET_DIAG_REQ_V2.sdiag_family] = family;
  // Raw sockets have a protocol of their own, which stands elsewhere.
  request[INET_DIAG_REQ_V2.sdiag_protocol] = protocol;
  request[INET_DIAG_REQ_V2.idiag_ext] = 1 << (INET_DIAG.SHUTDOWN - 1);
  new DataView(request.buffer).setUint32(INET_DIAG_REQ_V2.idiag_states, 0xffff_ffff, true);
  const sockets = diagnose(context, request, INET_DIAG_MSG.size).map(({ message, attributes }): InetSocket => {
    const words = (at: number) =>
      Array.from({ length: family === AF.INET6 ? 4 : 1 }, (_, index) => message.getUint32(at + 4 * index, true));
    return {
      ino: message.getUint32(INET_DIAG_MSG.idiag_inode, true),
      state: message.getUint8(INET_DIAG_MSG.idiag_state),
      sourcePort: message.getUint16(INET_DIAG_SOCKID.idiag_sport, false),
      destinationPort: message.getUint16(INET_DIAG_SOCKID.idiag_dport, false),
      source: words(INET_DIAG_SOCKID.idiag_src),
      destination: words(INET_DIAG_SOCKID.idiag_dst),
      readQueue: message.getUint32(INET_DIAG_MSG.idiag_rqueue, true),
      writeQueue: message.getUint32(INET_DIAG_MSG.idiag_wqueue, true),
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
  const [at, words] = family === AF.INET6 ? [8, 4] : [4, 1];
  const address = Array.from({ length: words }, (_, index) => view.getUint32(at + 4 * index, true));
  return { port: view.getUint16(2, false), address };
}
