import { data, type Host, output, RestoreError, type StageContext, struct } from "@restage/core";
import { ERRNO, F, MSG, O, SETTABLE_FLAGS, SHUT, SO, SOL, TCP, TCP_STATE } from "@restage/linux/abi";
import { takeDescriptor } from "../../files/take-descriptor.ts";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { inetName, socketAddress } from "../inet/addresses.ts";
import { unlockConnections } from "../network-lock/restore.ts";
import { type Connection, endsAtCommit, unsentOf } from "./repair.ts";

const PIECE = 64 * 1024;
/** Room for anything that is sent at once; the kernel doubles it. */
const LARGEST_BUFFER = 0x3fff_ffff;

/** States of connections while they are in repair mode, where they differ from those that they come to when they are let go. */
const STATE_IN_REPAIR: Readonly<Record<number, number>> = {
  [TCP_STATE.SYN_SENT]: TCP_STATE.CLOSE,
  [TCP_STATE.FIN_WAIT1]: TCP_STATE.ESTABLISHED,
  [TCP_STATE.LAST_ACK]: TCP_STATE.CLOSE_WAIT,
};

/**
 * The last step of connections: they leave repair mode, what was never sent is sent, and ends that nobody has confirmed are said again. The
 * coordinator does it, with duplicates of the tasks' descriptors. Nothing leaves before all are in reach and in their states.
 */
export function letConnectionsGo({ host, tree, images }: StageContext, connections: readonly Connection[]): void {
  const taken: { readonly socket: number; readonly connection: Connection }[] = [];
  try {
    for (const connection of connections) {
      const socket = takeDescriptor(host, tree, connection.entry.id);
      taken.push({ socket, connection });
      checkState(host, socket, connection);
    }
    // The lock of a namespace of its own has gone with that of all its packets.
    if (!hasOwnNamespace(images, tree.root, "net")) {
      unlockConnections(
        host,
        images.inventory,
        connections.map(({ entry }) => entry),
      );
    }
    // All leave it before any of them sends: two of them may be the ends of one connection.
    for (const { socket } of taken) setOption(host, socket, SOL.TCP, TCP.REPAIR, 0);
    for (const { socket, connection } of taken) finish(host, socket, connection);
  } finally {
    for (const { socket } of taken) host.call.close(socket);
  }
}

/** Has what its peer sent last arrived? A firewall may have kept it off. */
function checkState(host: Host, socket: number, { entry }: Connection): void {
  const expected = STATE_IN_REPAIR[entry.state] ?? entry.state;
  // struct tcp_info begins with the state.
  const info = output(1);
  host.call.getsockopt(socket, SOL.TCP, TCP.INFO, info, struct([4, info.bytes.length]));
  const [state] = info.bytes;
  if (host.kernel.recording || state === expected) return;
  throw new RestoreError("ERR_PLUGIN", `Cannot let ${inetName(entry)} go: it is in state ${state}, not ${expected}`, {
    hint: "a firewall may keep packets off that come from this machine: let those with mark 0xc114 through",
  });
}

function finish(host: Host, socket: number, connection: Connection): void {
  const { entry } = connection;
  const { opts, state } = entry;
  const unsent = unsentOf(connection);
  if (unsent.length > 0) {
    setOption(host, socket, SOL.SOCKET, SO.SNDBUFFORCE, LARGEST_BUFFER);
    sendAll(host, socket, unsent);
    setOption(host, socket, SOL.SOCKET, SO.SNDBUFFORCE, opts.so_sndbuf >> 1);
    if (opts.so_buf_lock !== undefined) setOption(host, socket, SOL.SOCKET, SO.BUF_LOCK, opts.so_buf_lock);
  }
  if (state === TCP_STATE.SYN_SENT) connectAgain(host, socket, connection);
  if (endsAtCommit(state)) host.call.shutdown(socket, SHUT.WR);
  // Repair mode has its own idea of it until it is left.
  setOption(host, socket, SOL.SOCKET, SO.REUSEADDR, Number(opts.reuseaddr ?? false));
  setOption(host, socket, SOL.SOCKET, SO.REUSEPORT, Number(opts.so_reuseport ?? false));
}

/** Asks for a connection once more, by the same numbers, and does not wait for the answer. */
function connectAgain(host: Host, socket: number, { entry, stream }: Connection): void {
  const { family, dst_port, dst_addr, flags } = entry;
  const address = socketAddress(family, dst_port, dst_addr);
  host.call.fcntl(socket, F.SETFL, O.NONBLOCK);
  try {
    host.call.connect(socket, address, address.bytes.length);
  } catch (error) {
    if (!(error instanceof RestoreError) || error.syscall?.errno !== ERRNO.EINPROGRESS) throw error;
  }
  host.call.fcntl(socket, F.SETFL, flags & (SETTABLE_FLAGS | O.ASYNC));
  const { timestamp } = stream.value;
  if (timestamp === undefined) return;
  // Connecting has begun the time of the connection anew.
  setOption(host, socket, SOL.TCP, TCP.REPAIR, 1);
  setOption(host, socket, SOL.TCP, TCP.TIMESTAMP, timestamp);
  setOption(host, socket, SOL.TCP, TCP.REPAIR, 0);
}

function sendAll(host: Host, socket: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + PIECE);
    at += host.call.sendto(socket, data(piece), piece.length, MSG.DONTWAIT | MSG.NOSIGNAL, 0, 0).result;
  }
}

function setOption(host: Host, socket: number, level: number, option: number, value: number): void {
  host.call.setsockopt(socket, level, option, struct([4, value]), 4);
}
