import { data, definePlugin, type ImageSet, type OpenedFiles, type Plugin, type Task, type Value } from "@restage/core";
import type { UnixSkEntry } from "@restage/images";
import type { Data } from "@restage/linux";
import { AF, F, SETTABLE_FLAGS, SOCK, TCP_STATE } from "@restage/linux/abi";
import { isInherited } from "../../files/inherited-file/inherited.ts";
import { type MountPaths, readMountPaths } from "../../namespaces/mount/mount-paths.ts";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { idsOutside } from "../../namespaces/user/ids-outside.ts";
import type { Credentials } from "../messages.ts";
import { setSocketOptions, shutDown, widenBuffers } from "../socket-options/restore.ts";
import { type QueuedPacket, sendPacket } from "../socket-queue/restore.ts";
import { isOfService, SERVICE_ANSWER } from "./format.ts";
import { hasLostPeer, isBound, isExternal, UnixGraph } from "./graph.ts";
import { SocketNames } from "./names.ts";
import { UnixPaths } from "./paths.ts";
import { checkUnixSockets } from "./plan.ts";

/**
 * RESTORE: Unix sockets. One task opens the sockets that are connected to each other, and the files in flight between them. It makes, binds
 * and listens on all of them, then connects them, then fills their queues, and then sets their options and shuts them down.
 *
 * As in CRIU, an accepted socket gets no name. Requires CAP_NET_ADMIN for buffer sizes, and CAP_CHOWN for the owners of paths.
 */
export function unixSockets(): Plugin {
  return definePlugin({
    name: "unix-sockets",
    duty: "unix-sockets",
    stages: { RESTORE: "opens Unix sockets, connects them and fills their queues" },
    apply({ plan, stages, complete, openFile, fileNeeds, filesOpened }) {
      let graph: UnixGraph | undefined;
      let paths: UnixPaths | undefined;
      let isConfined = false;
      const names = new SocketNames((entry) => isConfined && isBound(entry) && !isExternal(entry) && isOurs(entry));
      const made = new MadeSockets(names);
      const graphOf = (images: ImageSet) => (graph ??= new UnixGraph(images));
      let mounts: MountPaths | undefined;
      /** Ids of sockets that the caller passes with --inherit-fd, which need no more work. */
      let inherited: ReadonlySet<number> = new Set();
      const isOurs = ({ id }: UnixSkEntry) => !inherited.has(id);
      plan.tap("unix-sockets", (plan) => {
        mounts = readMountPaths(plan);
        isConfined = hasOwnNamespace(plan.images, plan.tree.root, "user");
        const files = [...plan.images.files.values()].filter((file) => isInherited(plan.options, file));
        inherited = new Set(files.map(({ id }) => id));
        checkUnixSockets(plan, graphOf(plan.images), isOurs);
      });
      fileNeeds.for("UNIXSK").tap("unix-sockets", ({ usk }, images) => {
        return usk === undefined ? undefined : graphOf(images).needsOf(usk);
      });
      stages.RESTORE.enter.tap("unix-sockets", ({ host, images, tree }) => {
        const find = ({ mnt_id }: UnixSkEntry, path: string) => mounts?.writable(mnt_id, path) ?? path;
        paths = new UnixPaths(host, names, idsOutside(images, tree.root).root, find);
        paths.makeRoom(graphOf(images).sockets.filter(isOurs));
      });
      openFile.for("UNIXSK").tap("unix-sockets", ({ task, entry, images }) => {
        return entry.usk === undefined ? undefined : openSocket(task, entry.usk, graphOf(images), made);
      });
      filesOpened.tap("unix-sockets", (files) => finishSockets(files, graphOf(files.images), made, isOurs));
      stages.RESTORE.leave.tap("unix-sockets", () => paths?.settle());
      complete.tap("unix-sockets", () => paths?.deleteReplaced());
    },
  });
}

/** Sockets that were made so far, and where they are bound. */
class MadeSockets {
  /** Descriptors by file id; a pair is made when its first end is asked for. */
  readonly sockets = new Map<number, Value>();
  /** Ends that fill a queue in place of a peer that is gone or outside the tree, by the file id of the receiver. Closed afterwards. */
  readonly standIns = new Map<number, Value>();
  readonly names: SocketNames;
  constructor(names: SocketNames) {
    this.names = names;
  }
}

function openSocket(task: Task, entry: UnixSkEntry, graph: UnixGraph, made: MadeSockets): Value {
  const known = made.sockets.get(entry.id);
  if (known !== undefined) return known;
  const socket = makeSocket(task, entry, graph, made);
  made.sockets.set(entry.id, socket);
  made.names.bind(task, socket, entry);
  if (entry.state === TCP_STATE.LISTEN) task.call.listen(socket, entry.backlog);
  return socket;
}

/** Makes a socket non-blocking until it gets its own flags, so that a full queue is an error and not a wait. */
function makeSocket(task: Task, entry: UnixSkEntry, graph: UnixGraph, made: MadeSockets): Value {
  const type = entry.type | SOCK.NONBLOCK | SOCK.CLOEXEC;
  if (isOfService(entry)) return answered(task, type);
  const other = graph.otherEndOf(entry);
  if (other !== undefined) {
    const [socket, end] = task.call.socketpair(AF.UNIX, type, 0);
    made.sockets.set(other.id, end);
    made.names.bind(task, end, other);
    return socket;
  }
  const isFilledByStranger = graph.queueOf(entry.id).length > 0 && graph.senderOf(entry) === undefined;
  if (!hasLostPeer(entry) && !isFilledByStranger) return task.call.socket(AF.UNIX, type, 0);
  const [socket, end] = task.call.socketpair(AF.UNIX, type, 0);
  made.standIns.set(entry.id, end);
  // Disconnects it, because other sockets may send to it too. The other end stays connected, and fills the queue.
  if (entry.type === SOCK.DGRAM) task.call.connect(socket, data(new Uint8Array(2)), 2);
  return socket;
}

/** A connection to the service that made the checkpoint: the answer waits in it, and the other end is closed. */
function answered(task: Task, type: number): Value {
  const [socket, end] = task.call.socketpair(AF.UNIX, type, 0);
  task.call.sendto(end, data(SERVICE_ANSWER), SERVICE_ANSWER.length, 0, 0, 0).expect(SERVICE_ANSWER.length);
  task.call.close(end);
  return socket;
}

/** Takes each step for all sockets before the next step, because a socket that is shut down cannot receive. */
function finishSockets(
  { task, descriptors, images }: OpenedFiles,
  graph: UnixGraph,
  made: MadeSockets,
  isOurs: (entry: UnixSkEntry) => boolean,
): void {
  const own = [...descriptors.keys()].flatMap((id) => images.file(id, "a task").usk ?? []).filter(isOurs);
  const descriptorOf = (id: number): Value => {
    const descriptor = descriptors.get(id);
    if (descriptor === undefined)
      throw new Error(`Cannot restore a socket in ${task.name}: it needs file ${id}, which is not open`);
    return descriptor;
  };
  for (const entry of own) {
    const peer = graph.peerOf(entry);
    if (peer === undefined || graph.otherEndOf(entry) !== undefined) continue;
    made.names
      .connect(task, descriptorOf(entry.id), peer)
      .hint("its peer does not exist: start its process, or restore the tree that it belongs to");
  }
  for (const entry of own) fillQueue(task, entry, graph, made, descriptorOf);
  for (const entry of own) {
    const socket = descriptorOf(entry.id);
    task.call.fcntl(socket, F.SETFL, entry.flags & SETTABLE_FLAGS);
    setSocketOptions(task, socket, entry.opts);
    shutDown(task, socket, entry.shutdown);
    made.names.deleteAgain(task, entry);
  }
}

function fillQueue(
  task: Task,
  entry: UnixSkEntry,
  graph: UnixGraph,
  made: MadeSockets,
  descriptorOf: (id: number) => Value,
): void {
  const queue = graph.queueOf(entry.id);
  const standIn = made.standIns.get(entry.id);
  if (queue.length > 0) {
    const sender = standIn ?? descriptorOf(graph.senderOf(entry)?.id ?? entry.id);
    widenBuffers(task, sender);
    const messages = graph.messagesOf(entry.id);
    for (const [index, packet] of queue.entries()) {
      const { credentials, sender: other } = messages.get(index) ?? {};
      if (other === undefined) sendPacket(task, sender, packet, descriptorOf, { credentials });
      else sendFrom(task, other, made.names.addressFor(task, entry), entry, packet, descriptorOf, credentials);
    }
  }
  if (standIn !== undefined) task.call.close(standIn);
}

/** Sends a packet to the address of a socket, from another file of the images, or with 0 from a socket without a name. */
function sendFrom(
  task: Task,
  from: number,
  address: Data,
  entry: UnixSkEntry,
  packet: QueuedPacket,
  descriptorOf: (id: number) => Value,
  credentials: Credentials | undefined,
): void {
  const sender = from === 0 ? task.call.socket(AF.UNIX, entry.type | SOCK.CLOEXEC, 0) : descriptorOf(from);
  widenBuffers(task, sender);
  sendPacket(task, sender, packet, descriptorOf, { address, credentials });
  if (from === 0) task.call.close(sender);
}
