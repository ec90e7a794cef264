import type { ImageSet } from "@restage/core";
import { decodeText, type OwnMessageEntry, type UnixSkEntry } from "@restage/images";
import { SOCK, TCP_STATE } from "@restage/linux/abi";
import type { QueuedPacket } from "../socket-queue/restore.ts";
import { isAbstract, pathIn, UNIX_FLAG } from "./format.ts";

/** What /proc/net/unix shows for a NUL. */
const AT_SIGN = 0x40;

/** The Unix sockets of an image set, and the relations between them. */
export class UnixGraph {
  /** The sockets of the tree, in the order of files.img. */
  readonly sockets: readonly UnixSkEntry[];
  readonly #byInode: ReadonlyMap<number, UnixSkEntry>;
  readonly #queues = new Map<number, QueuedPacket[]>();
  readonly #connectedTo = new Map<number, UnixSkEntry>();
  readonly #images: ImageSet;

  constructor(images: ImageSet) {
    this.#images = images;
    const all = [...images.files.values()].flatMap(({ usk }) => usk ?? []);
    this.sockets = all.filter((socket) => !isExternal(socket));
    this.#byInode = new Map(all.map((socket) => [socket.ino, socket]));
    for (const packet of images.entries("sk_queues")) {
      const queue = this.#queues.get(packet.value.id_for);
      if (queue === undefined) this.#queues.set(packet.value.id_for, [packet]);
      else queue.push(packet);
    }
    for (const socket of this.sockets) {
      if (socket.peer !== 0 && !this.#connectedTo.has(socket.peer)) this.#connectedTo.set(socket.peer, socket);
    }
  }

  /** The socket to which a socket is connected; it can be external. */
  peerOf(socket: UnixSkEntry): UnixSkEntry | undefined {
    return this.#byInode.get(socket.peer);
  }

  /** The peer of a socket, if both are in the tree and connected to each other. */
  otherEndOf(socket: UnixSkEntry): UnixSkEntry | undefined {
    const peer = this.peerOf(socket);
    if (peer === undefined || peer === socket || isExternal(peer)) return undefined;
    return peer.peer === socket.ino ? peer : undefined;
  }

  /** The packets in the receive queue of a socket. */
  queueOf(id: number): readonly QueuedPacket[] {
    return this.#queues.get(id) ?? [];
  }

  /** What restage.img tells of packets in the receive queue of a socket, by their places in it. */
  messagesOf(id: number): ReadonlyMap<number, OwnMessageEntry> {
    return new Map(this.#images.own.file(id)?.messages.map((message) => [message.index, message]));
  }

  /** A socket that is connected to this one, and can fill its queue. */
  senderOf(socket: UnixSkEntry): UnixSkEntry | undefined {
    return this.otherEndOf(socket) ?? this.#connectedTo.get(socket.ino);
  }

  /** Ids of the files that must be open before this socket can be restored completely. */
  needsOf(socket: UnixSkEntry): readonly number[] {
    const peer = this.peerOf(socket);
    const queue = this.queueOf(socket.id);
    const sender = queue.length > 0 ? this.senderOf(socket) : undefined;
    const inFlight = queue.flatMap(({ value }) => value.scm.flatMap(({ rights }) => rights));
    const others = [peer, sender].filter((other) => other !== undefined && !isExternal(other));
    const senders = [...this.messagesOf(socket.id).values()].flatMap(({ sender = 0 }) => (sender === 0 ? [] : sender));
    return [...others.flatMap((other) => other?.id ?? []), ...inFlight, ...senders];
  }
}

export function isExternal(socket: UnixSkEntry): boolean {
  return (socket.uflags & UNIX_FLAG.EXTERNAL) !== 0;
}

/** Whether it is a stream or seqpacket socket whose peer is gone. */
export function hasLostPeer(socket: UnixSkEntry): boolean {
  return socket.type !== SOCK.DGRAM && socket.state === TCP_STATE.ESTABLISHED && socket.peer === 0;
}

/** Whether it gets its name from bind(2). An accepted socket has the name of the listening one, which is not restored. */
export function isBound(socket: UnixSkEntry): boolean {
  return socket.name.length > 0 && (socket.type === SOCK.DGRAM || socket.state !== TCP_STATE.ESTABLISHED);
}

/** The path of a socket that has one: absolute, unless the images lack its directory. */
export function pathOf(socket: UnixSkEntry): string | undefined {
  const { name, name_dir } = socket;
  const path = pathIn(name);
  if (path === undefined || path.startsWith("/") || name_dir === undefined) return path;
  return `${name_dir}/${path}`.replace("//", "/");
}

/** The name of a socket for people: its path, its abstract name with @ for NULs, or its inode at the checkpoint. */
export function nameOf(socket: UnixSkEntry): string {
  if (isAbstract(socket)) return `Unix socket ${printedName(socket)}`;
  return `Unix socket ${pathOf(socket) ?? `socket:[${socket.ino}]`}`;
}

/** An abstract name as /proc/net/unix shows it. */
export function printedName({ name }: UnixSkEntry): string {
  return decodeText(name.map((byte) => (byte === 0 ? AT_SIGN : byte)));
}
