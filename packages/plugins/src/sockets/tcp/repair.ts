import { data, struct, type Task, type Value } from "@restage/core";
import type { Entry, InetSkEntry, TcpStreamEntry } from "@restage/images";
import { MSG, SHUT, SOCK, SOL, TCP, TCP_QUEUE, TCP_STATE, TCPI_OPT, TCPOPT } from "@restage/linux/abi";
import { socketAddress } from "../inet/addresses.ts";
import { bindInetSocket, prepareInetSocket } from "../inet/binding.ts";
import { setInetOptions } from "../inet/options.ts";
import { setOption, shutDown, widenBuffers } from "../socket-options/restore.ts";

/** As much goes into a queue in one call: the kernel wants memory in one piece for it. */
const PIECE = 64 * 1024;
const READING = 1;

const { SYN_SENT, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING } = TCP_STATE;
const PEER_HAS_ENDED: readonly number[] = [CLOSE_WAIT, LAST_ACK, CLOSING];
const HAS_ENDED: readonly number[] = [FIN_WAIT1, FIN_WAIT2, LAST_ACK, CLOSING];

/** A connection as its image has it. */
export interface Connection {
  readonly entry: InetSkEntry;
  readonly stream: Entry<"tcp_stream">;
}

/** Sequence numbers of a connection, without those that its ends (FIN) take. */
export interface Sequences {
  /** Of the first byte in the receive queue, and behind the last. */
  readonly received: { readonly from: number; readonly to: number };
  /** Of the first byte in the send queue, and behind the last. */
  readonly sent: { readonly from: number; readonly to: number };
}

export function hasPeerEnded(state: number): boolean {
  return PEER_HAS_ENDED.includes(state);
}

export function sequencesOf({ entry, stream }: Connection): Sequences {
  const { inq_seq, inq_len, outq_seq, outq_len } = stream.value;
  const received = inq_seq - (hasPeerEnded(entry.state) ? 1 : 0);
  const sent = outq_seq - (HAS_ENDED.includes(entry.state) ? 1 : 0);
  return {
    received: { from: (received - inq_len) >>> 0, to: received >>> 0 },
    sent: { from: (sent - outq_len) >>> 0, to: sent >>> 0 },
  };
}

/**
 * The part of the send queue that is sent only when the connection is let go. Where its end counts as sent already, nothing can follow that:
 * then all counts as sent, and the kernel repeats it.
 */
export function unsentOf({ entry, stream }: Connection): Uint8Array {
  const { outq } = stream.extra;
  return endsInRepair(entry.state) ? new Uint8Array() : outq.subarray(outq.length - (stream.value.unsq_len ?? 0));
}

/** Does the own end count as sent while the connection is still in repair mode? */
export function endsInRepair(state: number): boolean {
  return state === FIN_WAIT2 || state === CLOSING;
}

/** Is the own end said when the connection is let go? */
export function endsAtCommit(state: number): boolean {
  return HAS_ENDED.includes(state) && !endsInRepair(state);
}

/**
 * Makes a connection in repair mode, or what is needed to ask for one again: no packet leaves, and closing it says nothing to its peer. What was received can be read; what was
 * sent and not confirmed will be repeated. Requires CAP_NET_ADMIN in the network namespace.
 */
export function repairConnection(task: Task, connection: Connection): Value {
  const { entry, stream } = connection;
  const { family, proto, state, dst_port, dst_addr } = entry;
  const { received, sent } = sequencesOf(connection);
  const socket = task.call.socket(family, SOCK.STREAM | SOCK.CLOEXEC, proto);
  prepareInetSocket(task, socket, entry);
  setOption(task, socket, SOL.TCP, TCP.REPAIR, 1).hint(
    "repair mode needs CAP_NET_ADMIN in the network namespace: restore as root",
  );
  widenBuffers(task, socket);
  bindInetSocket(task, socket, entry);
  setSequence(task, socket, TCP_QUEUE.RECV, received.from);
  if (state === SYN_SENT) {
    // Its request (SYN) takes a number too. It is sent again when the connection is let go.
    setSequence(task, socket, TCP_QUEUE.SEND, (sent.from - 1) >>> 0);
    chooseQueue(task, socket, TCP_QUEUE.NONE);
    setInetOptions(task, socket, entry);
    return socket;
  }
  setSequence(task, socket, TCP_QUEUE.SEND, sent.from);
  const address = socketAddress(family, dst_port, dst_addr);
  task.call
    .connect(socket, address, address.bytes.length)
    .hint("no route leads to its peer, or this machine has such a connection already");
  setConnectionOptions(task, socket, stream.value);
  fillQueue(task, socket, TCP_QUEUE.RECV, stream.extra.inq);
  const unsent = unsentOf(connection).length;
  fillQueue(task, socket, TCP_QUEUE.SEND, stream.extra.outq.subarray(0, stream.extra.outq.length - unsent));
  setWindow(task, socket, stream.value, hasPeerEnded(state));
  // In the queue of what was sent, the end counts as sent too.
  chooseQueue(task, socket, endsInRepair(state) ? TCP_QUEUE.SEND : TCP_QUEUE.NONE);
  if (endsInRepair(state)) {
    task.call.shutdown(socket, SHUT.WR);
    chooseQueue(task, socket, TCP_QUEUE.NONE);
  }
  setInetOptions(task, socket, entry);
  const { nodelay, cork } = stream.value;
  // Of images before CRIU 4.
  if (nodelay === true) setOption(task, socket, SOL.TCP, TCP.NODELAY, true);
  if (cork === true) setOption(task, socket, SOL.TCP, TCP.CORK, true);
  if (((entry.shutdown ?? 0) & READING) !== 0 && !hasPeerEnded(state)) shutDown(task, socket, READING);
  return socket;
}

function chooseQueue(task: Task, socket: Value, queue: number): void {
  setOption(task, socket, SOL.TCP, TCP.REPAIR_QUEUE, queue);
}

function setSequence(task: Task, socket: Value, queue: number, sequence: number): void {
  chooseQueue(task, socket, queue);
  setOption(task, socket, SOL.TCP, TCP.QUEUE_SEQ, sequence);
}

/** What the two ends agreed upon when they connected: struct tcp_repair_opt, one after the other. */
function setConnectionOptions(task: Task, socket: Value, stream: TcpStreamEntry): void {
  const { opt_mask, snd_wscale, rcv_wscale = 0, mss_clamp, timestamp } = stream;
  const has = (bit: number) => (opt_mask & bit) !== 0;
  const options: (readonly [number, number])[] = [];
  if (has(TCPI_OPT.SACK)) options.push([TCPOPT.SACK_PERM, 0]);
  if (has(TCPI_OPT.WSCALE)) options.push([TCPOPT.WINDOW, snd_wscale | (rcv_wscale << 16)]);
  if (has(TCPI_OPT.TIMESTAMPS)) options.push([TCPOPT.TIMESTAMP, 0]);
  options.push([TCPOPT.MAXSEG, mss_clamp]);
  const list = struct(...options.flat().map((word) => [4, word] as const));
  task.call.setsockopt(socket, SOL.TCP, TCP.REPAIR_OPTIONS, list, list.bytes.length);
  if (has(TCPI_OPT.TIMESTAMPS) && timestamp !== undefined) setOption(task, socket, SOL.TCP, TCP.TIMESTAMP, timestamp);
}

function fillQueue(task: Task, socket: Value, queue: number, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  chooseQueue(task, socket, queue);
  for (let at = 0; at < bytes.length; at += PIECE) {
    const piece = data(bytes.subarray(at, at + PIECE));
    const { length } = piece.bytes;
    task.call.sendto(socket, piece, length, MSG.DONTWAIT | MSG.NOSIGNAL, 0, 0).expect(length);
  }
}

/** struct tcp_repair_window. The peer's end takes a sequence number, which its packet will bring again. */
function setWindow(task: Task, socket: Value, stream: TcpStreamEntry, peerEnded: boolean): void {
  const { snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup } = stream;
  if (snd_wnd === undefined) return;
  const end = peerEnded ? 1 : 0;
  const words = [snd_wl1 ?? 0, snd_wnd, max_window ?? 0, (rcv_wnd ?? 0) + end, (rcv_wup ?? 0) - end];
  const window = struct(...words.map((word) => [4, word] as const));
  task.call.setsockopt(socket, SOL.TCP, TCP.REPAIR_WINDOW, window, window.bytes.length);
}
