import { data, type Host, RestoreError } from "@restage/core";
import { AF, ERRNO, errnoText, NLM_F, NLMSG, SOCK } from "@restage/linux/abi";
import { room } from "../room.ts";
import { decodeMessages, encodeMessage, type NetlinkMessage } from "./netlink-message.ts";

const ANSWER_SIZE = 64 * 1024;

/**
 * Asks the kernel for all objects of a kind in this thread's network namespace. Returns undefined when it answers with an error, or
 * lacks the protocol. Source: netlink(7).
 */
export function askForAll(
  host: Host,
  protocol: number,
  type: number,
  body: Uint8Array,
): readonly NetlinkMessage[] | undefined {
  const socket = host.attempt("socket", AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, protocol);
  if (socket === -ERRNO.EPROTONOSUPPORT) return undefined;
  if (socket < 0) throw new RestoreError("ERR_SYSCALL", `Cannot open a netlink socket: ${errnoText(-socket)}`);
  try {
    const request = encodeMessage(type, NLM_F.REQUEST | NLM_F.DUMP, body);
    host.call.sendto(socket, data(request), request.length, 0, 0, 0);
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
    if (length <= 0) {
      const why = length === 0 ? "the answer ended early" : errnoText(-length);
      throw new RestoreError("ERR_SYSCALL", `Cannot read the kernel's answer on a netlink socket: ${why}`);
    }
    const received = decodeMessages(answer.bytes.subarray(0, length));
    if (received.length === 0) return undefined;
    for (const message of received) {
      if (message.type === NLMSG.DONE) return messages;
      if (message.type === NLMSG.ERROR) return undefined;
      messages.push(message);
    }
  }
}
