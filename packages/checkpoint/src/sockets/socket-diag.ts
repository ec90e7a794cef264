import { data, type Host, RestoreError } from "@restage/core";
import { AF, NETLINK, NLM_F, NLMSG, SOCK, SOCK_DIAG_BY_FAMILY } from "@restage/linux/abi";
import { attempt, room } from "../attempt.ts";

const HEADER_SIZE = 16;
const ANSWER_SIZE = 64 * 1024;

/** A socket as sock_diag(7) describes it: the family's message, and what attributes come with it. */
export interface DiagnosedSocket {
  /** struct unix_diag_msg, inet_diag_msg or netlink_diag_msg. */
  readonly message: DataView;
  readonly attributes: ReadonlyMap<number, Uint8Array>;
}

/**
 * Asks the kernel for all sockets of a kind in this process's network namespace.
 *
 * @param request struct unix_diag_req or the like.
 * @param messageSize of the answers, before their attributes.
 */
export function diagnose(host: Host, request: Uint8Array, messageSize: number): readonly DiagnosedSocket[] {
  const socket = host.call.socket(AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, NETLINK.SOCK_DIAG).result;
  try {
    const bytes = new Uint8Array(HEADER_SIZE + request.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, bytes.length, true);
    view.setUint16(4, SOCK_DIAG_BY_FAMILY, true);
    view.setUint16(6, NLM_F.REQUEST | NLM_F.DUMP, true);
    bytes.set(request, HEADER_SIZE);
    host.call.sendto(socket, data(bytes), bytes.length, 0, 0, 0);
    return readAnswers(host, socket, messageSize);
  } finally {
    host.call.close(socket);
  }
}

function readAnswers(host: Host, socket: number, messageSize: number): readonly DiagnosedSocket[] {
  const sockets: DiagnosedSocket[] = [];
  for (;;) {
    const { data: answer } = room(ANSWER_SIZE);
    const length = attempt(host, "recvfrom", socket, answer, ANSWER_SIZE, 0, 0, 0);
    if (length <= 0) throw new RestoreError("ERR_SYSCALL", `Cannot ask for sockets: recvfrom() gives ${length}`);
    const bytes = answer.bytes.subarray(0, length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    for (let at = 0; at + HEADER_SIZE <= length; ) {
      const size = view.getUint32(at, true);
      const type = view.getUint16(at + 4, true);
      if (type === NLMSG.DONE) return sockets;
      // A kind of socket of which the kernel has no diagnosis: nobody has one of it.
      if (type === NLMSG.ERROR || size < HEADER_SIZE) return sockets;
      const start = at + HEADER_SIZE;
      sockets.push({
        message: new DataView(bytes.slice(start, start + messageSize).buffer),
        attributes: attributesOf(bytes.slice(start + messageSize, at + size)),
      });
      at += (size + 3) & ~3;
    }
  }
}

/** struct nlattr: length, type, content, aligned to 4 bytes. */
function attributesOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const attributes = new Map<number, Uint8Array>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const size = view.getUint16(at, true);
    if (size < 4) break;
    attributes.set(view.getUint16(at + 2, true), bytes.slice(at + 4, at + size));
    at += (size + 3) & ~3;
  }
  return attributes;
}
