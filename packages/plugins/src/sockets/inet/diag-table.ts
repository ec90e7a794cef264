import type { DumpContext } from "@restage/core";
import { INET_DIAG, INET_DIAG_MSG, INET_DIAG_REQ_V2, INET_DIAG_SOCKID } from "@restage/linux/abi";
import { diagnose } from "../socket-diag.ts";
import type { AddressWords } from "./addresses.ts";
import { wordsOf } from "./format.ts";

/** An internet socket that is bound or connected, as the kernel describes it. */
export interface InetSocket {
  readonly ino: number;
  /** A TCP_STATE: datagram sockets are ESTABLISHED when they are connected, else CLOSE. */
  readonly state: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly source: AddressWords;
  readonly destination: AddressWords;
  /** Bytes that nobody has read; of a listening socket, connections that wait to be accepted. */
  readonly readQueue: number;
  /** Bytes that were not sent or not confirmed; of a listening socket, its backlog. */
  readonly writeQueue: number;
  /** Bits of SHUTDOWN. */
  readonly shutdown: number;
}

/** The tables of a checkpoint that were read. */
const TABLES = new WeakMap<DumpContext, Map<string, ReadonlyMap<number, InetSocket>>>();

/** The bound sockets of a family and protocol in the tree's network namespace, by inode. The kernel is asked once in a checkpoint. */
export function inetTable(context: DumpContext, family: number, protocol: number): ReadonlyMap<number, InetSocket> {
  const tables = TABLES.get(context) ?? new Map<string, ReadonlyMap<number, InetSocket>>();
  TABLES.set(context, tables);
  const key = `${family} ${protocol}`;
  const table = tables.get(key) ?? readTable(context, family, protocol);
  tables.set(key, table);
  return table;
}

function readTable(context: DumpContext, family: number, protocol: number): ReadonlyMap<number, InetSocket> {
  const request = new Uint8Array(INET_DIAG_REQ_V2.size);
  request[INET_DIAG_REQ_V2.sdiag_family] = family;
  request[INET_DIAG_REQ_V2.sdiag_protocol] = protocol;
  request[INET_DIAG_REQ_V2.idiag_ext] = 1 << (INET_DIAG.SHUTDOWN - 1);
  new DataView(request.buffer).setUint32(INET_DIAG_REQ_V2.idiag_states, 0xffff_ffff, true);
  const sockets = diagnose(context, request, INET_DIAG_MSG.size).map(({ message, attributes }): InetSocket => {
    const words = (at: number) =>
      Array.from({ length: wordsOf(family) }, (_, index) => message.getUint32(at + 4 * index, true));
    return {
      ino: message.getUint32(INET_DIAG_MSG.idiag_inode, true),
      state: message.getUint8(INET_DIAG_MSG.idiag_state),
      sourcePort: message.getUint16(INET_DIAG_SOCKID.idiag_sport),
      destinationPort: message.getUint16(INET_DIAG_SOCKID.idiag_dport),
      source: words(INET_DIAG_SOCKID.idiag_src),
      destination: words(INET_DIAG_SOCKID.idiag_dst),
      readQueue: message.getUint32(INET_DIAG_MSG.idiag_rqueue, true),
      writeQueue: message.getUint32(INET_DIAG_MSG.idiag_wqueue, true),
      shutdown: attributes.get(INET_DIAG.SHUTDOWN)?.[0] ?? 0,
    };
  });
  return new Map(sockets.map((socket) => [socket.ino, socket]));
}
