import { definePlugin, type ImageSet, type Plugin, type Task, type Value } from "@restage/core";
import type { InetSkEntry } from "@restage/images";
import { IPPROTO, SOCK, TCP_FLAG, TCP_STATE } from "@restage/linux/abi";
import { type Holder, holderOf } from "../../files/holder.ts";
import { NetNamespaces } from "../../namespaces/net/net-namespaces.ts";
import { unmappedAddresses } from "../inet/addresses.ts";
import { prepareInetSocket, setReuse } from "../inet/binding.ts";
import { setInetOptions } from "../inet/options.ts";
import { isConnection } from "../inet/ports.ts";
import { LOCK_MARK } from "../network-lock/format.ts";
import { SHUTDOWN } from "../socket-options/format.ts";
import { attachFilter, shutDown } from "../socket-options/restore.ts";
import { leaveRepairMode } from "./commit.ts";
import { type Connection, hasPeerEnded, sequencesOf } from "./ends.ts";
import { checkConnections } from "./plan.ts";
import { repairConnection, shutDownInRepair } from "./repair.ts";
import { injectSegment } from "./segments.ts";

const LARGEST_WINDOW = 0xffff;

/**
 * TCP connections, with `tcpEstablished`. RESTORE makes them in repair mode, where no packet is sent. RESTORE_SIGCHLD injects the FINs of
 * peers, now that all connections exist. At the commit the coordinator takes them out of repair mode.
 *
 * With `tcpClose` they are restored closed. Requires CAP_NET_ADMIN, and CAP_NET_RAW for half-closed connections.
 */
export function tcpConnections(): Plugin {
  return definePlugin({
    name: "tcp-connections",
    duty: "tcp-connections",
    uses: [NetNamespaces],
    stages: {
      RESTORE: "makes TCP connections in repair mode",
      RESTORE_SIGCHLD: "injects the FINs of peers into half-closed connections",
    },
    apply({ plan, stages, openFile, commit, service }) {
      let closed = false;
      /** By the task that has the connection in its table when all descriptors are placed. */
      const opened = new Map<Task, PlacedConnection[]>();
      let holder: (id: number) => Holder | undefined = () => undefined;
      plan.tap("tcp-connections", (plan) => {
        holder = (id) => holderOf(plan.tree, id);
        closed = plan.options.tcpClose;
        checkConnections(plan);
      });
      openFile.for("INETSK").tap("tcp-connections", ({ task, entry, images }) => {
        const { isk } = entry;
        if (isk === undefined || !isConnection(isk)) return undefined;
        const placed = holder(isk.id);
        if (closed || placed === undefined) return openClosed(task, isk, images);
        const connection = readConnection(images, isk);
        opened.set(placed.task, [...(opened.get(placed.task) ?? []), { connection, number: placed.number }]);
        return repairConnection(task, connection, images);
      });
      stages.RESTORE_SIGCHLD.task.tap("tcp-connections", (task) => {
        for (const { connection, number } of opened.get(task) ?? []) {
          service(NetNamespaces).inside(task, connection.entry.ns_id, () => injectEnds(task, number, connection));
        }
      });
      commit.tap("tcp-connections", (context) => {
        leaveRepairMode(
          context,
          [...opened.values()].flat().map(({ connection }) => connection),
        );
      });
    },
  });
}

interface PlacedConnection {
  readonly connection: Connection;
  readonly number: number;
}

function readConnection(images: ImageSet, entry: InetSkEntry): Connection {
  images.value("tcp_stream", entry.ino);
  const [stream] = images.entries("tcp_stream", entry.ino);
  if (stream === undefined) throw new Error(`Cannot read tcp-stream-${entry.ino.toString(16)}.img: it has no entry`);
  return { entry, stream };
}

/** Opens a socket in place of a connection: reading gives the end of file, and writing fails. */
function openClosed(task: Task, entry: InetSkEntry, images: ImageSet): Value {
  const socket = task.call.socket(entry.family, SOCK.STREAM | SOCK.CLOEXEC, IPPROTO.TCP);
  prepareInetSocket(task, socket, entry, images);
  setReuse(task, socket, entry);
  setInetOptions(task, socket, entry);
  shutDown(task, socket, SHUTDOWN.BOTH)?.allow("ENOTCONN");
  return socket;
}

/**
 * A classic filter that passes only packets with the mark of injected segments: load the mark, compare it, return everything or nothing.
 * Source: include/uapi/linux/filter.h.
 */
const ONLY_INJECTED = [
  0x0020_0000_ffff_f014n,
  0x0015_0001_0000_0000n | BigInt(LOCK_MARK),
  0x0006_0000_ffff_ffffn,
  0x0006_0000_0000_0000n,
];

/**
 * Injects what the peer had sent last: its FIN, or the acknowledgement of the own FIN. Meanwhile nothing else reaches the socket: the kernel
 * acknowledges the FIN after 40 ms, and if no socket of the peer is there any more, the answer is a reset. The own filter could drop the segments.
 */
function injectEnds(task: Task, socket: number, connection: Connection): void {
  const { so_filter } = connection.entry.opts;
  // Not if it is locked.
  attachFilter(task, socket, ONLY_INJECTED).allow("EPERM");
  injectSegments(task, socket, connection);
  attachFilter(task, socket, so_filter).allow("EPERM");
}

function injectSegments(task: Task, socket: number, connection: Connection): void {
  const { entry, stream } = connection;
  const { state, src_port, dst_port } = entry;
  const { family, src_addr, dst_addr } = unmappedAddresses(entry);
  const { received, sent } = sequencesOf(connection);
  const { snd_wnd = 0, snd_wscale } = stream.value;
  const segment = {
    family,
    from: { port: dst_port, words: dst_addr },
    to: { port: src_port, words: src_addr },
    sequence: received.to,
    window: Math.min(LARGEST_WINDOW, snd_wnd >>> snd_wscale),
  };
  if (hasPeerEnded(state)) injectSegment(task, { ...segment, acknowledged: sent.from, flags: TCP_FLAG.FIN });
  const confirmed = (sent.to + 1) >>> 0;
  if (state === TCP_STATE.FIN_WAIT2) injectSegment(task, { ...segment, acknowledged: confirmed, flags: 0 });
  if (state !== TCP_STATE.CLOSE) return;
  // The own FIN comes after that of the peer, or its confirmation would lead to TIME_WAIT.
  shutDownInRepair(task, socket);
  const sequence = (received.to + 1) >>> 0;
  injectSegment(task, { ...segment, sequence, acknowledged: confirmed, flags: 0 });
}
