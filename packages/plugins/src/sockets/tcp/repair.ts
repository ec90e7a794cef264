import { data, giveCapability, type ImageSet, struct, type Task, type Value } from "@restage/core";
import type { TcpStreamEntry } from "@restage/images";
import { MSG, SHUT, SOCK, SOL, TCP, TCP_QUEUE, TCP_STATE, TCPI_OPT, TCPOPT } from "@restage/linux/abi";
import { bindInetSocket, prepareInetSocket } from "../inet/binding.ts";
import { setInetOptions } from "../inet/options.ts";
import { socketAddress } from "../inet/socket-address.ts";
import { SHUTDOWN } from "../socket-options/format.ts";
import { setOption, shutDown, widenBuffers } from "../socket-options/restore.ts";
import { type Connection, endsInRepair, hasPeerEnded, sequencesOf, unsentOf } from "./ends.ts";
import { encodeWindow } from "./format.ts";

/** How many bytes go into a queue in one call: the kernel allocates them in one piece. */
const PIECE = 64 * 1024;

/**
 * Makes a connection in repair mode, where no packet is sent, not even when the socket is closed. Data that was received can be read. Data
 * that was sent and not confirmed will be sent again. A connection in SYN_SENT is prepared, and connects at the commit.
 *
 * Requires CAP_NET_ADMIN in the network namespace.
 */
export function repairConnection(task: Task, connection: Connection, images: ImageSet): Value {
  const { entry, stream } = connection;
  const { family, proto, state, dst_port, dst_addr } = entry;
  const { received, sent } = sequencesOf(connection);
  const socket = task.call.socket(family, SOCK.STREAM | SOCK.CLOEXEC, proto);
  prepareInetSocket(task, socket, entry, images);
  setOption(task, socket, SOL.TCP, TCP.REPAIR, 1).hint(giveCapability("CAP_NET_ADMIN"));
  widenBuffers(task, socket);
  bindInetSocket(task, socket, entry);
  setSequence(task, socket, TCP_QUEUE.RECV, received.from);
  if (state === TCP_STATE.SYN_SENT) {
    // The SYN takes a sequence number too. It is sent again when the connection leaves repair mode.
    setSequence(task, socket, TCP_QUEUE.SEND, (sent.from - 1) >>> 0);
    chooseQueue(task, socket, TCP_QUEUE.NONE);
    setInetOptions(task, socket, entry);
    return socket;
  }
  setSequence(task, socket, TCP_QUEUE.SEND, sent.from);
  const address = socketAddress(family, { port: dst_port, words: dst_addr });
  task.call
    .connect(socket, address, address.bytes.length)
    .hint("this machine has no route to the peer, or already has this connection");
  setConnectionOptions(task, socket, stream.value);
  fillQueue(task, socket, TCP_QUEUE.RECV, stream.extra.inq);
  const unsent = unsentOf(connection).length;
  fillQueue(task, socket, TCP_QUEUE.SEND, stream.extra.outq.subarray(0, stream.extra.outq.length - unsent));
  setWindow(task, socket, stream.value, hasPeerEnded(state));
  if (endsInRepair(state)) shutDownInRepair(task, socket);
  else chooseQueue(task, socket, TCP_QUEUE.NONE);
  setInetOptions(task, socket, entry);
  const { nodelay, cork } = stream.value;
  // From images of CRIU before version 4.
  if (nodelay === true) setOption(task, socket, SOL.TCP, TCP.NODELAY, true);
  if (cork === true) setOption(task, socket, SOL.TCP, TCP.CORK, true);
  if (((entry.shutdown ?? 0) & SHUTDOWN.READ) !== 0 && !hasPeerEnded(state)) shutDown(task, socket, SHUTDOWN.READ);
  return socket;
}

/** Shuts down writing: with the send queue chosen, the FIN counts as sent. */
export function shutDownInRepair(task: Task, socket: Value): void {
  chooseQueue(task, socket, TCP_QUEUE.SEND);
  task.call.shutdown(socket, SHUT.WR);
  chooseQueue(task, socket, TCP_QUEUE.NONE);
}

function chooseQueue(task: Task, socket: Value, queue: number): void {
  setOption(task, socket, SOL.TCP, TCP.REPAIR_QUEUE, queue);
}

function setSequence(task: Task, socket: Value, queue: number, sequence: number): void {
  chooseQueue(task, socket, queue);
  setOption(task, socket, SOL.TCP, TCP.QUEUE_SEQ, sequence);
}

/** Sets what both ends agreed on when they connected: an array of struct tcp_repair_opt. */
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

/** The FIN of the peer takes a sequence number, and is injected again later. */
function setWindow(task: Task, socket: Value, stream: TcpStreamEntry, peerEnded: boolean): void {
  const { snd_wl1 = 0, snd_wnd, max_window = 0, rcv_wnd = 0, rcv_wup = 0 } = stream;
  if (snd_wnd === undefined) return;
  const fin = peerEnded ? 1 : 0;
  const window = data(encodeWindow({ snd_wl1, snd_wnd, max_window, rcv_wnd: rcv_wnd + fin, rcv_wup: rcv_wup - fin }));
  task.call.setsockopt(socket, SOL.TCP, TCP.REPAIR_WINDOW, window, window.bytes.length);
}
