import type { DumpContext, OpenFile } from "@restage/core";
import { MSG, MSGHDR, SCM, SO, SOL } from "@restage/linux/abi";
import { room } from "../../room.ts";
import { controlTypes, messageHeader, readDescriptors, readRights } from "../messages.ts";
import { readOption, writeOption } from "../socket-options/host-options.ts";

const CONTROL_SIZE = 4096;
const MAX_PACKET = 180 * 1024;
/** SO_PEEK_OFF of a socket that has none. */
const NO_OFFSET = -1;

/** Saves the packets in the receive queue of a socket, and leaves them there. Files in flight become files of the tree. */
export function saveQueue(context: DumpContext, file: OpenFile, socket: number): void {
  const { host } = context;
  const before = readOption(host, socket, SOL.SOCKET, SO.PEEK_OFF) ?? NO_OFFSET;
  // With an offset, each peek begins where the one before ended.
  writeOption(host, socket, SOL.SOCKET, SO.PEEK_OFF, 0);
  try {
    while (savePacket(context, file, socket));
  } finally {
    writeOption(host, socket, SOL.SOCKET, SO.PEEK_OFF, before);
  }
}

/** Saves the next packet. Returns false at the end of the queue. */
function savePacket(context: DumpContext, file: OpenFile, socket: number): boolean {
  const content = room(MAX_PACKET);
  const control = room(CONTROL_SIZE);
  const message = { ...messageHeader({ payload: content.data, control: control.data }), output: true };
  const length = context.host.attempt("recvmsg", socket, message, MSG.PEEK | MSG.DONTWAIT | MSG.CMSG_CLOEXEC);
  if (length <= 0) return false;
  const header = new DataView(message.bytes.buffer);
  if ((header.getInt32(MSGHDR.msg_flags, true) & MSG.TRUNC) !== 0) {
    const why = `a packet in its queue is larger than ${MAX_PACKET} bytes`;
    context.findings.refuse({ what: file.link, why, pid: file.task.pid });
    return false;
  }
  const controlLength = Number(header.getBigUint64(MSGHDR.msg_controllen, true));
  const carried = controlTypes(control.view, controlLength);
  if (carried.has(SCM.CREDENTIALS) || carried.has(SCM.PIDFD)) {
    for (const [pidfd] of readDescriptors(control.view, controlLength, SCM.PIDFD))
      if (pidfd !== undefined && pidfd >= 0) context.host.call.close(pidfd);
    const why =
      "messages with the credentials of their senders (SO_PASSCRED) wait in its queue, and images cannot record them";
    context.findings.refuse({ what: file.link, why, hint: "let it read them, then try again", pid: file.task.pid });
    return false;
  }
  // The kernel has copied what is in flight to descriptors of this process.
  const scm = readRights(control.view, controlLength).map((descriptors) => ({
    type: SCM.RIGHTS,
    rights: descriptors.map((descriptor) => context.files.addInFlight(file.task, descriptor).id),
  }));
  const value = { id_for: file.id, length, scm };
  context.images.add("sk_queues", undefined, { value, extra: content.data.bytes.slice(0, length) });
  return true;
}
