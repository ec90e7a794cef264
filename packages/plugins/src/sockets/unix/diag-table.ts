import type { DumpContext } from "@restage/core";
import { AF, UDIAG_SHOW, UNIX_DIAG, UNIX_DIAG_MSG, UNIX_DIAG_REQ } from "@restage/linux/abi";
import { diagnose } from "../socket-diag.ts";

/** A Unix socket as the kernel describes it. */
export interface UnixSocket {
  readonly ino: number;
  readonly type: number;
  /** A TCP_STATE: ESTABLISHED when it is connected, LISTEN, else CLOSE. */
  readonly state: number;
  /** A path, or an abstract name that begins with NUL, as the kernel has it. */
  readonly name: Uint8Array;
  /** The inode of the peer; 0 without one. */
  readonly peer: number;
  /** The inodes of clients that wait to be accepted; 0 for a client that is gone. */
  readonly icons: readonly number[];
  /** The inode of the listening socket that has not accepted this client yet; 0 for others. */
  readonly listener: number;
  /** Bytes that nobody has read; of a listening socket, connections that wait to be accepted. */
  readonly readQueue: number;
  /** Bytes that were written and not read; of a listening socket, its backlog. */
  readonly writeQueue: number;
  /** Bits of SHUTDOWN. */
  readonly shutdown: number;
}

const SHOW = UDIAG_SHOW.NAME | UDIAG_SHOW.PEER | UDIAG_SHOW.ICONS | UDIAG_SHOW.RQLEN;

/** Reads all Unix sockets of the tree's network namespace, by inode. */
export function readUnixSockets(context: DumpContext): ReadonlyMap<number, UnixSocket> {
  const request = new Uint8Array(UNIX_DIAG_REQ.size);
  const view = new DataView(request.buffer);
  request[UNIX_DIAG_REQ.sdiag_family] = AF.UNIX;
  view.setUint32(UNIX_DIAG_REQ.udiag_states, 0xffff_ffff, true);
  view.setUint32(UNIX_DIAG_REQ.udiag_show, SHOW, true);
  const sockets = diagnose(context, request, UNIX_DIAG_MSG.size).map(({ message, attributes }) => {
    const words = (attribute: number) => {
      const bytes = attributes.get(attribute);
      return bytes === undefined ? [] : [...new Uint32Array(bytes.slice(0, bytes.length & ~3).buffer)];
    };
    const [readQueue = 0, writeQueue = 0] = words(UNIX_DIAG.RQLEN);
    return {
      ino: message.getUint32(UNIX_DIAG_MSG.udiag_ino, true),
      type: message.getUint8(UNIX_DIAG_MSG.udiag_type),
      state: message.getUint8(UNIX_DIAG_MSG.udiag_state),
      name: attributes.get(UNIX_DIAG.NAME) ?? new Uint8Array(),
      peer: words(UNIX_DIAG.PEER)[0] ?? 0,
      icons: words(UNIX_DIAG.ICONS),
      readQueue,
      writeQueue,
      shutdown: attributes.get(UNIX_DIAG.SHUTDOWN)?.[0] ?? 0,
    };
  });
  const listeners = new Map(sockets.flatMap(({ ino, icons }) => icons.map((client) => [client, ino] as const)));
  return new Map(sockets.map((socket) => [socket.ino, { ...socket, listener: listeners.get(socket.ino) ?? 0 }]));
}
