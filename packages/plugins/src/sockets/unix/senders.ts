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

/** Records who sent the packets in the queue of a socket, where a restore cannot know: in restage.img, because CRIU does not save it. */
export function saveSenders(
  context: DumpContext,
  receiver: SavedSocket,
  saved: ReadonlyMap<number, SavedSocket>,
): void {
  const { file, socket, packets } = receiver;
  const messages = packets.flatMap(({ credentials, name }, index): OwnMessageEntry[] => {
    const sender = socket.type === SOCK.DGRAM ? senderOf(receiver, name, saved) : undefined;
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

/**
 * The id of the socket that sent a packet; undefined when it is the one with which a restore fills the queue, which is one that is connected to the
 * receiver, or a new one.
 */
function senderOf(
  { socket }: SavedSocket,
  name: Uint8Array,
  saved: ReadonlyMap<number, SavedSocket>,
): number | "unknown" | undefined {
  const all = [...saved.values()].sort((first, second) => first.file.id - second.file.id);
  const peer = saved.get(socket.peer);
  const connected = all.filter((other) => other.socket.peer === socket.ino);
  const usual = peer !== undefined && connected.includes(peer) ? peer : connected[0];
  if (isEqual(name, usual?.socket.name ?? new Uint8Array())) return undefined;
  const sender = all.find((other) => other.socket.type === SOCK.DGRAM && isEqual(other.socket.name, name));
  // A socket that is connected receives from its peer only.
  const isOpenToAll = socket.peer === 0 && socket.name.length > 0;
  if (name.length === 0) return isOpenToAll ? NAMELESS : "unknown";
  return sender !== undefined && isOpenToAll ? sender.file.id : "unknown";
}

function isEqual(first: Uint8Array, second: Uint8Array): boolean {
  return first.length === second.length && first.every((byte, index) => byte === second[index]);
}
