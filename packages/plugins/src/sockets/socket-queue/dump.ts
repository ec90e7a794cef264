import { addressOf, type DumpContext, data, type OpenFile, struct } from "@restage/core";
import { CMSG_HEADER_SIZE, MSG, MSGHDR, SCM, SO, SOL } from "@restage/linux/abi";
import { room } from "../../room.ts";
import { readOption } from "../socket-options/dump.ts";

const CONTROL_SIZE = 4096;
const MAX_PACKET = 180 * 1024;

/** Saves what waits in the receive queue of a socket, and leaves it there. Files in flight become files of the tree. */
export function saveQueue(context: DumpContext, file: OpenFile): void {
  const { host } = context;
  const socket = file.descriptor ?? -1;
  const before = readOption(host, socket, SOL.SOCKET, SO.PEEK_OFF) ?? -1;
  // From now on every look begins where the one before ended.
  host.call.setsockopt(socket, SOL.SOCKET, SO.PEEK_OFF, integer(0), 4);
  try {
    while (savePacket(context, file, socket));
  } finally {
    host.call.setsockopt(socket, SOL.SOCKET, SO.PEEK_OFF, integer(before), 4);
  }
}

function savePacket(context: DumpContext, file: OpenFile, socket: number): boolean {
  const content = room(MAX_PACKET);
  const control = room(CONTROL_SIZE);
  const vector = struct([8, addressOf(content.data)], [8, MAX_PACKET]);
  const message = {
    ...struct([8, 0], [8, 0], [8, addressOf(vector)], [8, 1], [8, addressOf(control.data)], [8, CONTROL_SIZE], [8, 0]),
    output: true,
  };
  const flags = MSG.PEEK | MSG.DONTWAIT | MSG.CMSG_CLOEXEC;
  const length = context.host.attempt("recvmsg", socket, message, flags);
  if (length <= 0) return false;
  const header = new DataView(message.bytes.buffer);
  if ((header.getInt32(MSGHDR.msg_flags, true) & MSG.TRUNC) !== 0) {
    context.findings.refuse({ what: file.link, why: "a packet in its queue is too large", pid: file.task.pid });
    return false;
  }
  const scm = rightsOf(context, file, control.view, Number(header.getBigUint64(MSGHDR.msg_controllen, true)));
  const value = { id_for: file.id, length, scm };
  context.images.add("sk_queues", undefined, { value, extra: content.data.bytes.slice(0, length) });
  return true;
}

/** Control messages: descriptors are copies for this process of what is in flight. */
function rightsOf(context: DumpContext, file: OpenFile, control: DataView, length: number) {
  const scm: { type: number; rights: number[] }[] = [];
  for (let at = 0; at + CMSG_HEADER_SIZE <= length; ) {
    const size = Number(control.getBigUint64(at, true));
    const type = control.getInt32(at + 12, true);
    if (type === SCM.RIGHTS) {
      const rights: number[] = [];
      for (let n = at + CMSG_HEADER_SIZE; n < at + size; n += 4)
        rights.push(context.files.addInFlight(file.task, control.getInt32(n, true)).id);
      scm.push({ type, rights });
    }
    if (size < CMSG_HEADER_SIZE) break;
    at += (size + 7) & ~7;
  }
  return scm;
}

export function integer(value: number) {
  return data(new Uint8Array(Int32Array.of(value).buffer));
}
