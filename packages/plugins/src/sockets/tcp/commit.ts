import { data, type Host, output, RestoreError, type StageContext, struct } from "@restage/core";
import { ERRNO, errnoText, F, MSG, O, SETTABLE_FLAGS, SHUT, SO, SOL, TCP, TCP_STATE } from "@restage/linux/abi";
import { takeDescriptor } from "../../files/take-descriptor.ts";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { inetName } from "../inet/addresses.ts";
import { encodeAddress } from "../inet/format.ts";
import { unlockConnections } from "../network-lock/restore.ts";
import { readOption, writeOption } from "../socket-options/host-options.ts";
import { LARGEST_BUFFER } from "../socket-options/restore.ts";
import { type Connection, endsAtCommit, unsentOf } from "./ends.ts";
import { decodeTcpInfo, stateName } from "./format.ts";

const PIECE = 64 * 1024;

/** States in repair mode, where they differ from the recorded state, which the connection reaches after it. */
const STATE_IN_REPAIR: Readonly<Record<number, number>> = {
  [TCP_STATE.SYN_SENT]: TCP_STATE.CLOSE,
  [TCP_STATE.FIN_WAIT1]: TCP_STATE.ESTABLISHED,
  [TCP_STATE.LAST_ACK]: TCP_STATE.CLOSE_WAIT,
};

/**
 * The last step for connections: takes them out of repair mode, sends what was never sent, and sends FINs that the peer has not confirmed. The
 * coordinator does it with duplicates of the tasks' descriptors. No packet is sent before it has all of them, in the right states.
 */
export function leaveRepairMode({ host, tree, images }: StageContext, connections: readonly Connection[]): void {
  const taken: { readonly socket: number; readonly connection: Connection }[] = [];
  try {
    for (const connection of connections) {
      const socket = takeDescriptor(host, tree, connection.entry.id);
      taken.push({ socket, connection });
      checkState(host, socket, connection);
    }
    // The duty net-namespaces unlocks a network namespace of the tree as a whole.
    if (!hasOwnNamespace(images, tree.root, "net")) {
      unlockConnections(
        host,
        images.inventory,
        connections.map(({ entry }) => entry),
      );
    }
    // All leave it before any of them sends: both ends of a connection may be in the tree.
    for (const { socket } of taken) writeOption(host, socket, SOL.TCP, TCP.REPAIR, 0);
    for (const { socket, connection } of taken) finish(host, socket, connection);
  } finally {
    for (const { socket } of taken) host.call.close(socket);
  }
}

/** Checks that injected segments have arrived: a firewall may have dropped them. */
function checkState(host: Host, socket: number, { entry }: Connection): void {
  const expected = STATE_IN_REPAIR[entry.state] ?? entry.state;
  // struct tcp_info begins with the state, and the kernel gives as much of it as there is room.
  const info = output(1);
  host.call.getsockopt(socket, SOL.TCP, TCP.INFO, info, struct([4, info.bytes.length]));
  const { state } = decodeTcpInfo(info.bytes);
  if (host.kernel.recording || state === expected) return;
  const message = `Cannot resume ${inetName(entry)}: it is in state ${stateName(state)}, not ${stateName(expected)}`;
  throw new RestoreError("ERR_PLUGIN", message, {
    hint: "a firewall may drop packets from this machine: let packets with mark 0xc114 through",
  });
}

function finish(host: Host, socket: number, connection: Connection): void {
  const { entry } = connection;
  const { opts, state } = entry;
  const unsent = unsentOf(connection);
  if (unsent.length > 0) {
    writeOption(host, socket, SOL.SOCKET, SO.SNDBUFFORCE, LARGEST_BUFFER);
    sendAll(host, socket, unsent);
    writeOption(host, socket, SOL.SOCKET, SO.SNDBUFFORCE, opts.so_sndbuf >> 1);
    // Kernels before 5.14 lack the option.
    const hasLock = readOption(host, socket, SOL.SOCKET, SO.BUF_LOCK) !== undefined;
    if (hasLock && opts.so_buf_lock !== undefined) writeOption(host, socket, SOL.SOCKET, SO.BUF_LOCK, opts.so_buf_lock);
  }
  if (state === TCP_STATE.SYN_SENT) connectAgain(host, socket, connection);
  if (endsAtCommit(state)) host.call.shutdown(socket, SHUT.WR);
  // Repair mode overrides SO_REUSEADDR and SO_REUSEPORT until it ends.
  writeOption(host, socket, SOL.SOCKET, SO.REUSEADDR, Number(opts.reuseaddr ?? false));
  writeOption(host, socket, SOL.SOCKET, SO.REUSEPORT, Number(opts.so_reuseport ?? false));
}

/** Sends the SYN again, with the same sequence numbers, and does not wait for the answer. */
function connectAgain(host: Host, socket: number, { entry, stream }: Connection): void {
  const { family, dst_port, dst_addr, flags } = entry;
  const address = data(encodeAddress(family, { port: dst_port, words: dst_addr }));
  host.call.fcntl(socket, F.SETFL, O.NONBLOCK);
  const result = host.attempt("connect", socket, address, address.bytes.length);
  if (result < 0 && result !== -ERRNO.EINPROGRESS)
    throw new RestoreError("ERR_PLUGIN", `Cannot connect ${inetName(entry)} again: ${errnoText(-result)}`);
  host.call.fcntl(socket, F.SETFL, flags & (SETTABLE_FLAGS | O.ASYNC));
  const { timestamp } = stream.value;
  if (timestamp === undefined) return;
  // connect() has started the clock of the connection again.
  writeOption(host, socket, SOL.TCP, TCP.REPAIR, 1);
  writeOption(host, socket, SOL.TCP, TCP.TIMESTAMP, timestamp);
  writeOption(host, socket, SOL.TCP, TCP.REPAIR, 0);
}

function sendAll(host: Host, socket: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + PIECE);
    at += host.call.sendto(socket, data(piece), piece.length, MSG.DONTWAIT | MSG.NOSIGNAL, 0, 0).result;
  }
}
