import type { DumpContext, OpenFile } from "@restage/core";
import type { OwnMessageEntry } from "@restage/images";
import { SOCK } from "@restage/linux/abi";
import type { SavedPacket } from "../socket-queue/dump.ts";
import type { UnixSocket } from "./diag-table.ts";

/** A socket of the tree, and the packets in its queue. */
export interface SavedSocket {
  readonly file: OpenFile;
  readonly socket: UnixSocket;
  readonly packets: readonly SavedPacket[];
}

/** Where the senders of packets are looked up. */
export class Senders {
  readonly #sockets: ReadonlyMap<number, SavedSocket>;
  /** By the inode of their peer, the socket with the lowest id. */
  readonly #connected = new Map<number, SavedSocket>();
  /** By their names, the datagram socket with the lowest id. */
  readonly #named = new Map<string, SavedSocket>();

  /** All sockets of the tree, by their inodes. */
  constructor(sockets: ReadonlyMap<number, SavedSocket>) {
    this.#sockets = sockets;
    for (const saved of [...sockets.values()].sort((first, second) => first.file.id - second.file.id)) {
      const { peer, type, name } = saved.socket;
      if (!this.#connected.has(peer)) this.#connected.set(peer, saved);
      if (type === SOCK.DGRAM && !this.#named.has(keyOf(name))) this.#named.set(keyOf(name), saved);
    }
  }

  /**
   * The id of the socket that sent a packet; undefined when it is the one with which a restore fills the queue, which is one that is connected to the
   * receiver, or a new one.
   */
  senderOf({ socket }: SavedSocket, name: Uint8Array): number | "unknown" | undefined {
    const peer = this.#sockets.get(socket.peer);
    const usual = peer?.socket.peer === socket.ino ? peer : this.#connected.get(socket.ino);
    const key = keyOf(name);
    if (key === keyOf(usual?.socket.name ?? new Uint8Array())) return undefined;
    // A socket that is connected receives from its peer only.
    const isOpenToAll = socket.peer === 0 && socket.name.length > 0;
    if (name.length === 0) return isOpenToAll ? NAMELESS : "unknown";
    const sender = this.#named.get(key);
    return sender !== undefined && isOpenToAll ? sender.file.id : "unknown";
  }
}

/** Records who sent the packets in the queue of a socket, where a restore cannot know: in restage.img, because CRIU does not save it. */
export function saveSenders(context: DumpContext, receiver: SavedSocket, senders: Senders): void {
  const { file, socket, packets } = receiver;
  const messages = packets.flatMap(({ credentials, name }, index): OwnMessageEntry[] => {
    const sender = socket.type === SOCK.DGRAM ? senders.senderOf(receiver, name) : undefined;
    if (sender === "unknown") {
      const why = "messages of a socket that is closed or outside the tree, and has a name, wait in its queue";
      context.findings.refuse({ what: file.link, why, hint: "let it read them, then try again", pid: file.task.pid });
    }
    if (credentials === undefined && typeof sender !== "number") return [];
    return [
      {
        index,
        ...(credentials === undefined ? {} : { credentials }),
        ...(typeof sender === "number" ? { sender } : {}),
      },
    ];
  });
  if (messages.length > 0) context.own.file(file.id).messages = messages;
}

/** A socket without a name, in place of the id of a sender. */
const NAMELESS = 0;

/** The bytes of a name as text, each byte as one character. */
function keyOf(name: Uint8Array): string {
  return String.fromCharCode(...name);
}
