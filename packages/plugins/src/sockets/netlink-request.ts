import { data, type Host, RestoreError } from "@restage/core";
import { AF, NLA_TYPE_MASK, NLM_F, NLMSG, NLMSGHDR_SIZE, SOCK } from "@restage/linux/abi";
import { room } from "../room.ts";

const ANSWER_SIZE = 64 * 1024;

/** A message of an answer. */
export interface NetlinkMessage {
  /** All of it, with its header. */
  readonly bytes: Uint8Array;
  /** What follows the header. */
  readonly body: Uint8Array;
}

/**
 * Asks the kernel for all that there is of something in this thread's network namespace. Returns undefined when it answers with an error. Source:
 * netlink(7).
 */
export function askForAll(
  host: Host,
  protocol: number,
  type: number,
  body: Uint8Array,
): readonly NetlinkMessage[] | undefined {
  const socket = host.call.socket(AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, protocol).result;
  try {
    const bytes = new Uint8Array(NLMSGHDR_SIZE + body.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, bytes.length, true);
    view.setUint16(4, type, true);
    view.setUint16(6, NLM_F.REQUEST | NLM_F.DUMP, true);
    bytes.set(body, NLMSGHDR_SIZE);
    host.call.sendto(socket, data(bytes), bytes.length, 0, 0, 0);
    return readAnswers(host, socket);
  } finally {
    host.call.close(socket);
  }
}

function readAnswers(host: Host, socket: number): readonly NetlinkMessage[] | undefined {
  const messages: NetlinkMessage[] = [];
  for (;;) {
    const { data: answer } = room(ANSWER_SIZE);
    const length = host.attempt("recvfrom", socket, answer, ANSWER_SIZE, 0, 0, 0);
    if (length <= 0) throw new RestoreError("ERR_SYSCALL", `Cannot ask the kernel: recvfrom() gives ${length}`);
    const bytes = answer.bytes.subarray(0, length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    for (let at = 0; at + NLMSGHDR_SIZE <= length; ) {
      const size = view.getUint32(at, true);
      const type = view.getUint16(at + 4, true);
      if (type === NLMSG.DONE) return messages;
      if (type === NLMSG.ERROR || size < NLMSGHDR_SIZE) return undefined;
      messages.push({ bytes: bytes.slice(at, at + size), body: bytes.slice(at + NLMSGHDR_SIZE, at + size) });
      at += (size + 3) & ~3;
    }
  }
}

/** struct nlattr: length, type, content, aligned to 4 bytes. */
export function attributesOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const attributes = new Map<number, Uint8Array>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const size = view.getUint16(at, true);
    if (size < 4) break;
    // The highest bits are flags.
    attributes.set(view.getUint16(at + 2, true) & NLA_TYPE_MASK, bytes.slice(at + 4, at + size));
    at += (size + 3) & ~3;
  }
  return attributes;
}
