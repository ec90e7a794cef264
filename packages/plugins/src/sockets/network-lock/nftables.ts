import { data, type Host, output } from "@restage/core";
import { AF, NETLINK, NLMSG, NLMSGHDR_SIZE, SOCK } from "@restage/linux/abi";
import { tableDeletion } from "./nft-table.ts";

/** Room for one answer of netlink. */
const ANSWER = 8192;

/** Opens a socket to the firewall of this thread's network namespace. */
export function openNetfilter(host: Host): number {
  return host.call.socket(AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, NETLINK.NETFILTER).result;
}

/** Sends a batch to nftables, whose last message is acknowledged. Returns the errno of the answer, 0 for success. */
export function sendBatch(host: Host, socket: number, batch: Uint8Array): number {
  host.call.write(socket, data(batch), batch.length);
  const answer = output(ANSWER);
  host.call.read(socket, answer, ANSWER);
  const view = new DataView(answer.bytes.buffer, answer.bytes.byteOffset);
  return view.getUint16(4, true) === NLMSG.ERROR ? -view.getInt32(NLMSGHDR_SIZE, true) : 0;
}

/** Deletes a table of the family `inet` in this thread's network namespace. Returns the errno of the kernel's answer, 0 for success. */
export function deleteInetTable(host: Host, name: string): number {
  const socket = openNetfilter(host);
  try {
    return sendBatch(host, socket, tableDeletion(name));
  } finally {
    host.call.close(socket);
  }
}
