import type { DumpContext, OpenFile } from "@restage/core";
import { MSG, MSGHDR, SCM } from "@restage/linux/abi";
import { idsInside } from "../../namespaces/user/ids-inside.ts";
import { room } from "../../room.ts";
import { type Credentials, messageHeader, nameLength, readNumbers } from "../messages.ts";
import { peekAll } from "../peek.ts";

const CONTROL_SIZE = 4096;
const MAX_PACKET = 180 * 1024;
/** Bytes of struct sockaddr_un, and of its family. */
const NAME_SIZE = 110;
const FAMILY_SIZE = 2;

/** What CRIU's images do not tell of a packet. */
export interface SavedPacket {
  /** The name of the socket that sent it: a path or an abstract name, or nothing. */
  readonly name: Uint8Array;
  /** Of the process that sent it, in the tree's own namespaces. */
  readonly credentials: Credentials | undefined;
}

/**
 * Saves the packets in the receive queue of a socket, and leaves them there. Files in flight become files of the tree.
 *
 * @param hasEmpty whether nothing that was read is a packet, and not the end of the queue.
 */
export function saveQueue(
  context: DumpContext,
  file: OpenFile,
  socket: number,
  hasEmpty: boolean,
): readonly SavedPacket[] {
  return peekAll(context.host, socket, () => savePacket(context, file, socket, hasEmpty));
}

/** Saves the next packet. Undefined at the end of the queue. */
function savePacket(context: DumpContext, file: OpenFile, socket: number, hasEmpty: boolean): SavedPacket | undefined {
  const name = room(NAME_SIZE);
  const content = room(MAX_PACKET);
  const control = room(CONTROL_SIZE);
  const parts = { name: name.data, payload: content.data, control: control.data };
  const message = { ...messageHeader(parts), output: true };
  const length = context.host.attempt("recvmsg", socket, message, MSG.PEEK | MSG.DONTWAIT | MSG.CMSG_CLOEXEC);
  if (length < 0 || (length === 0 && !hasEmpty)) return undefined;
  const refuse = (why: string, hint?: string) =>
    context.findings.refuse({ what: file.link, why, hint, pid: file.task.pid });
  const header = new DataView(message.bytes.buffer);
  if ((header.getInt32(MSGHDR.msg_flags, true) & MSG.TRUNC) !== 0) {
    refuse(`a packet in its queue is larger than ${MAX_PACKET} bytes`);
    return undefined;
  }
  const controlLength = Number(header.getBigUint64(MSGHDR.msg_controllen, true));
  const numbersOf = (type: number) => readNumbers(control.view, controlLength, type);
  for (const [pidfd = -1] of numbersOf(SCM.PIDFD)) if (pidfd >= 0) context.host.call.close(pidfd);
  const credentials = numbersOf(SCM.CREDENTIALS).map((ids) => credentialsOf(context, ids))[0];
  if (credentials === "unknown" || (credentials === undefined && numbersOf(SCM.PIDFD).length > 0)) {
    const why = "messages with credentials of processes that are not in the tree wait in its queue";
    refuse(`${why}, and images cannot record them`, "let it read them, then try again");
    return undefined;
  }
  // The kernel has copied what is in flight to descriptors of this process.
  const scm = numbersOf(SCM.RIGHTS).map((descriptors) => ({
    type: SCM.RIGHTS,
    rights: descriptors.map((descriptor) => context.files.addInFlight(file.task, descriptor).id),
  }));
  const value = { id_for: file.id, length, scm };
  context.images.add("sk_queues", undefined, { value, extra: content.data.bytes.slice(0, length) });
  return { name: name.data.bytes.slice(FAMILY_SIZE, Math.max(FAMILY_SIZE, nameLength(message))), credentials };
}

/** The sender in the tree's own namespaces; undefined when the message has none. */
function credentialsOf(
  context: DumpContext,
  [pid = 0, uid = 0, gid = 0]: readonly number[],
): Credentials | "unknown" | undefined {
  if (pid === 0) return undefined;
  const sender = context.tree.tasks.find(({ hostPid }) => hostPid === pid);
  const ids = idsInside(context);
  if (sender === undefined || !ids.has({ uid, gid })) return "unknown";
  return { pid: sender.pid, uid: ids.uid(uid), gid: ids.gid(gid) };
}
