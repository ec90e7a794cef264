import type { Host } from "@restage/core";
import type { InputOf, TcpStreamEntry } from "@restage/images";
import { SOL, TCP, TCP_QUEUE, TCP_STATE, TCPI_OPT } from "@restage/linux/abi";
import { attempt, room } from "../../attempt.ts";
import type { OpenFile } from "@restage/core";
import type { FrozenTree } from "@restage/core";
import type { InetSocket } from "../inet/diag-table.ts";
import { readOption, readOptionBytes } from "../socket-options/dump.ts";
import { integer } from "../socket-queue/dump.ts";

const { ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE, CLOSE_WAIT, LAST_ACK, CLOSING, LISTEN, SYN_SENT } = TCP_STATE;
/** States in which the connection can be saved. */
const SAVED: ReadonlySet<number> = new Set([ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING, CLOSE]);
/** States in which the end of what is to be sent counts as a byte of the send queue. */
const SENT_END: ReadonlySet<number> = new Set([FIN_WAIT1, FIN_WAIT2, LAST_ACK, CLOSE, CLOSING]);

/** Offsets in struct tcp_info. Source: include/uapi/linux/tcp.h. */
const TCP_INFO = { state: 0, options: 5, window_scales: 6, size: 104 } as const;
/** Sizes of the queues. Source: include/uapi/asm-generic/sockios.h, linux/sockios.h. */
const SIOCINQ = 0x541b;
const SIOCOUTQ = 0x5411;
const SIOCOUTQNSD = 0x894b;
const ON = 1;
const OFF = 0;

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
export function saveConnection(tree: FrozenTree, file: OpenFile, descriptor: number, socket: InetSocket): number {
  const refuse = (why: string, hint?: string) => {
    tree.findings.refuse({ what: file.link, why, hint, pid: file.task.pid });
    return socket.state;
  };
  if (!tree.options.tcpEstablished)
    return refuse("it is a TCP connection", "save it by --tcp-established: its peer has to wait for the restore");
  if (!SAVED.has(socket.state))
    return refuse(`the connection is in state ${socket.state}${socket.state === SYN_SENT ? " (SYN_SENT)" : ""}`);
  tree.repaired.add(file, descriptor);
  const { entry, inq, outq, state } = readConnection(tree, descriptor);
  tree.images.add("tcp_stream", socket.ino, { value: entry, extra: { inq, outq } });
  return state;
}

interface Connection {
  readonly entry: InputOf<TcpStreamEntry>;
  readonly inq: Uint8Array;
  readonly outq: Uint8Array;
  readonly state: number;
}

function readConnection(tree: FrozenTree, socket: number): Connection {
  const { host } = tree;
  const info = readOptionBytes(host, socket, SOL.TCP, TCP.INFO, TCP_INFO.size) ?? new Uint8Array(TCP_INFO.size);
  const state = info[TCP_INFO.state] ?? CLOSE;
  const options = info[TCP_INFO.options] ?? 0;
  const scales = info[TCP_INFO.window_scales] ?? 0;
  const size = (request: number) => {
    const value = room(4);
    attempt(host, "ioctl", socket, request, value.data);
    return value.view.getInt32(0, true);
  };
  const end = SENT_END.has(state) ? 1 : 0;
  const isOver = state === CLOSE;
  const outqLength = isOver ? 0 : Math.max(0, size(SIOCOUTQ) - end);
  const unsent = isOver ? 0 : Math.max(0, size(SIOCOUTQNSD) - end);
  const receive = readQueue(tree, socket, TCP_QUEUE.RECV, size(SIOCINQ));
  const send = readQueue(tree, socket, TCP_QUEUE.SEND, outqLength);
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
    mss_clamp: readOption(host, socket, SOL.TCP, TCP_MAXSEG) ?? 0,
    snd_wscale: hasScales ? scales & 15 : 0,
    ...(hasScales ? { rcv_wscale: scales >> 4 } : {}),
    ...((options & TCPI_OPT.TIMESTAMPS) === 0
      ? {}
      : { timestamp: (readOption(host, socket, SOL.TCP, TCP.TIMESTAMP) ?? 0) >>> 0 }),
    ...(window === undefined ? {} : { snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup }),
  };
  return { entry, inq: receive.bytes, outq: send.bytes, state };
}

/** Source: include/uapi/linux/tcp.h. */
const TCP_MAXSEG = 2;

/** A queue of a socket in repair mode: its next sequence number, and what is in it. */
function readQueue({ host, freezer }: FrozenTree, socket: number, queue: number, length: number) {
  host.call.setsockopt(socket, SOL.TCP, TCP.REPAIR_QUEUE, integer(queue), 4);
  const sequence = (readOption(host, socket, SOL.TCP, TCP.QUEUE_SEQ) ?? 0) >>> 0;
  const bytes = length > 0 ? freezer.peek(socket, length) : new Uint8Array();
  return { sequence, bytes };
}

/** Connections that are in repair mode. */
export class RepairedConnections {
  readonly #host: Host;
  readonly #sockets: { readonly descriptor: number; readonly forget: () => void }[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  /** Puts a connection into repair mode; if this process is killed somebody takes it out again. */
  add({ holders, task }: OpenFile, descriptor: number): void {
    const number = holders[0]?.descriptor;
    const forget = this.#host.undo((call) => {
      const pidfd = call.pidfd_open(task.hostPid, 0);
      const socket = call.pidfd_getfd(pidfd, number ?? -1, 0);
      call.setsockopt(socket, SOL.TCP, TCP.REPAIR, integer(OFF), 4);
    });
    this.#sockets.push({ descriptor, forget });
    this.#host.call.setsockopt(descriptor, SOL.TCP, TCP.REPAIR, integer(ON), 4);
  }

  /** Lets the connections go on. */
  release(): void {
    for (const { descriptor } of this.#sockets)
      attempt(this.#host, "setsockopt", descriptor, SOL.TCP, TCP.REPAIR, integer(OFF), 4);
    this.forget();
  }

  /** Leaves them as they are: their processes are dead. */
  forget(): void {
    for (const { forget } of this.#sockets.splice(0)) forget();
  }
}
