import type { DumpContext, OpenFile } from "@restage/core";
import type { InputOf, TcpStreamEntry } from "@restage/images";
import { SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SOL, TCP, TCP_INFO, TCP_QUEUE, TCP_STATE, TCPI_OPT } from "@restage/linux/abi";
import { room } from "../../room.ts";
import type { InetSocket } from "../inet/diag-table.ts";
import { readOption, readOptionBytes } from "../socket-options/dump.ts";
import { integer } from "../socket-queue/dump.ts";
import { RepairedConnections } from "./repaired-connections.ts";

const { ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE, CLOSE_WAIT, LAST_ACK, CLOSING, LISTEN, SYN_SENT } = TCP_STATE;
/** States in which the connection can be saved. */
const SAVED: ReadonlySet<number> = new Set([ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING, CLOSE]);
/** States in which the end of what is to be sent counts as a byte of the send queue. */
const SENT_END: ReadonlySet<number> = new Set([FIN_WAIT1, FIN_WAIT2, LAST_ACK, CLOSE, CLOSING]);

/** Is it a connection, and no listening or unused socket? */
export function isConnection({ state, destinationPort }: InetSocket): boolean {
  return state !== LISTEN && !(state === CLOSE && destinationPort === 0);
}

/**
 * Saves a TCP connection, and leaves it in repair mode until the checkpoint is complete or has failed: so no packet changes it any more, and
 * the end of its process ends nothing. Requires CAP_NET_ADMIN.
 *
 * @returns its state.
 */
export function saveConnection(context: DumpContext, file: OpenFile, descriptor: number, socket: InetSocket): number {
  const refuse = (why: string, hint?: string) => {
    context.findings.refuse({ what: file.link, why, hint, pid: file.task.pid });
    return socket.state;
  };
  if (!context.options.tcpEstablished)
    return refuse("it is a TCP connection", "save it by --tcp-established: its peer has to wait for the restore");
  if (!SAVED.has(socket.state))
    return refuse(`the connection is in state ${socket.state}${socket.state === SYN_SENT ? " (SYN_SENT)" : ""}`);
  context.service(RepairedConnections).add(context, file, descriptor);
  const { entry, inq, outq, state } = readConnection(context, descriptor);
  context.images.add("tcp_stream", socket.ino, { value: entry, extra: { inq, outq } });
  return state;
}

interface Connection {
  readonly entry: InputOf<TcpStreamEntry>;
  readonly inq: Uint8Array;
  readonly outq: Uint8Array;
  readonly state: number;
}

function readConnection(context: DumpContext, socket: number): Connection {
  const { host } = context;
  const info = readOptionBytes(host, socket, SOL.TCP, TCP.INFO, TCP_INFO.size) ?? new Uint8Array(TCP_INFO.size);
  const state = info[TCP_INFO.tcpi_state] ?? CLOSE;
  const options = info[TCP_INFO.tcpi_options] ?? 0;
  const scales = info[TCP_INFO.wscale] ?? 0;
  const size = (request: number) => {
    const value = room(4);
    host.attempt("ioctl", socket, request, value.data);
    return value.view.getInt32(0, true);
  };
  const end = SENT_END.has(state) ? 1 : 0;
  const isOver = state === CLOSE;
  const outqLength = isOver ? 0 : Math.max(0, size(SIOCOUTQ) - end);
  const unsent = isOver ? 0 : Math.max(0, size(SIOCOUTQNSD) - end);
  const receive = readQueue(context, socket, TCP_QUEUE.RECV, size(SIOCINQ));
  const send = readQueue(context, socket, TCP_QUEUE.SEND, outqLength);
  const window = readOptionBytes(host, socket, SOL.TCP, TCP.REPAIR_WINDOW, 20);
  const [snd_wl1 = 0, snd_wnd = 0, max_window = 0, rcv_wnd = 0, rcv_wup = 0] =
    window === undefined ? [] : new Uint32Array(window.slice().buffer);
  const hasScales = (options & TCPI_OPT.WSCALE) !== 0;
  const entry = {
    inq_len: receive.bytes.length,
    inq_seq: receive.sequence,
    outq_len: send.bytes.length,
    outq_seq: send.sequence,
    unsq_len: unsent,
    opt_mask: options,
    mss_clamp: readOption(host, socket, SOL.TCP, TCP.MAXSEG) ?? 0,
    snd_wscale: hasScales ? scales & 15 : 0,
    ...(hasScales ? { rcv_wscale: scales >> 4 } : {}),
    ...((options & TCPI_OPT.TIMESTAMPS) === 0
      ? {}
      : { timestamp: (readOption(host, socket, SOL.TCP, TCP.TIMESTAMP) ?? 0) >>> 0 }),
    ...(window === undefined ? {} : { snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup }),
  };
  return { entry, inq: receive.bytes, outq: send.bytes, state };
}

/** A queue of a socket in repair mode: its next sequence number, and what is in it. */
function readQueue({ host, seizer }: DumpContext, socket: number, queue: number, length: number) {
  host.call.setsockopt(socket, SOL.TCP, TCP.REPAIR_QUEUE, integer(queue), 4);
  const sequence = (readOption(host, socket, SOL.TCP, TCP.QUEUE_SEQ) ?? 0) >>> 0;
  const bytes = length > 0 ? seizer.peek(socket, length) : new Uint8Array();
  return { sequence, bytes };
}
