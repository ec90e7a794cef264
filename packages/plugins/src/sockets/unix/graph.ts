import type { ImageSet } from "@restage/core";
import type { Entry, UnixSkEntry } from "@restage/images";
import { SOCK, TCP_STATE } from "@restage/linux/abi";

/** Bits of `uflags`. Source: CRIU criu/include/sk-unix.h. */
export const UNIX_FLAG = { EXTERNAL: 1, SERVICE: 2, CALLBACK: 4 } as const;

/** A packet in the receive queue of a socket. */
export type QueuedPacket = Entry<"sk_queues">;

/** The Unix sockets of a checkpoint, and how they hang together. */
export class UnixGraph {
  /** Those of the tree, in the order of files.img. */
  readonly sockets: readonly UnixSkEntry[];
  readonly #byInode: ReadonlyMap<number, UnixSkEntry>;
  readonly #queues = new Map<number, QueuedPacket[]>();
  readonly #connectedTo = new Map<number, UnixSkEntry>();
  readonly #deletedByPath = new Map<string, UnixSkEntry[]>();

  constructor(images: ImageSet) {
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
      if (socket.deleted !== true) continue;
      const path = pathOf(socket) ?? "";
      this.#deletedByPath.set(path, [...(this.#deletedByPath.get(path) ?? []), socket]);
    }
  }

  /** The socket that it is connected to, which may be an external one. */
  peerOf(socket: UnixSkEntry): UnixSkEntry | undefined {
    return this.#byInode.get(socket.peer);
  }

  /** The other end, of two sockets of the tree that are connected to each other. */
  otherEndOf(socket: UnixSkEntry): UnixSkEntry | undefined {
    const peer = this.peerOf(socket);
    if (peer === undefined || peer === socket || isExternal(peer)) return undefined;
    return peer.peer === socket.ino ? peer : undefined;
  }

  /** What nobody has received yet. */
  queueOf(id: number): readonly QueuedPacket[] {
    return this.#queues.get(id) ?? [];
  }

  /** The socket through which a queue is filled: one that is connected to it. */
  senderOf(socket: UnixSkEntry): UnixSkEntry | undefined {
    return this.otherEndOf(socket) ?? this.#connectedTo.get(socket.ino);
  }

  /** Sockets that had the path of this one before: their file was deleted. */
  formerOwnersOf(socket: UnixSkEntry): readonly UnixSkEntry[] {
    const path = pathOf(socket);
    return path === undefined
      ? []
      : (this.#deletedByPath.get(path) ?? []).filter(({ id }) => id < socket.id || socket.deleted !== true);
  }

  /** Ids of the files that have to be open before it is whole. */
  needsOf(socket: UnixSkEntry): readonly number[] {
    const peer = this.peerOf(socket);
    const inFlight = this.queueOf(socket.id).flatMap(({ value }) => value.scm.flatMap(({ rights }) => rights));
    const others = [...(peer === undefined || isExternal(peer) ? [] : [peer]), ...this.formerOwnersOf(socket)];
    return [...others.map(({ id }) => id), ...inFlight];
  }
}

export function isExternal(socket: UnixSkEntry): boolean {
  return (socket.uflags & UNIX_FLAG.EXTERNAL) !== 0;
}

/** Stream or packet socket that was connected to one that is gone. */
export function hasLostPeer(socket: UnixSkEntry): boolean {
  return socket.type !== SOCK.DGRAM && socket.state === TCP_STATE.ESTABLISHED && socket.peer === 0;
}

/** Does it get its name by bind? The name of an accepted socket was that of the listening one: it does not come back. */
export function isBound(socket: UnixSkEntry): boolean {
  return socket.name.length > 0 && (socket.type === SOCK.DGRAM || socket.state !== TCP_STATE.ESTABLISHED);
}

/** Has it a name that is no path? */
export function isAbstract({ name }: UnixSkEntry): boolean {
  return name[0] === 0;
}

/** The absolute path of a socket that has one. */
export function pathOf(socket: UnixSkEntry): string | undefined {
  const { name, name_dir } = socket;
  if (name.length === 0 || isAbstract(socket)) return undefined;
  const end = name.indexOf(0);
  const path = new TextDecoder().decode(end < 0 ? name : name.subarray(0, end));
  return path.startsWith("/") || name_dir === undefined ? path : `${name_dir}/${path}`.replace("//", "/");
}

/** For messages: a path, an abstract name with @ for its NULs, or the inode that it had. */
export function nameOf(socket: UnixSkEntry): string {
  if (isAbstract(socket)) return `Unix socket ${printedName(socket)}`;
  return `Unix socket ${pathOf(socket) ?? `socket:[${socket.ino}]`}`;
}

/** An abstract name as /proc/net/unix shows it. */
export function printedName({ name }: UnixSkEntry): string {
  return Array.from(name, (byte) => (byte === 0 ? "@" : String.fromCharCode(byte))).join("");
}
