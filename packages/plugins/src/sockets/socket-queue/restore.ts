import { data, type Task, type Value } from "@restage/core";
import type { Entry } from "@restage/images";
import type { Data } from "@restage/linux";
import { MSG, SCM } from "@restage/linux/abi";
import { type Credentials, controlMessages, messageHeader } from "../messages.ts";

/** A packet in the receive queue of a socket. */
export type QueuedPacket = Entry<"sk_queues">;

/** How a packet is sent, where that is not told by the socket that sends it. */
export interface Posting {
  /** The address to which it is sent, if the socket is not connected to it: struct sockaddr_un. */
  readonly address?: Data;
  readonly credentials?: Credentials | undefined;
}

/**
 * Sends a packet again, with the descriptors that were in flight with it.
 *
 * @param descriptorOf finds the descriptor of a file by its id.
 */
export function sendPacket(
  task: Task,
  sender: Value,
  packet: QueuedPacket,
  descriptorOf: (id: number) => Value,
  { address, credentials }: Posting = {},
): void {
  const rights = packet.value.scm.flatMap((scm) => (scm.type === SCM.RIGHTS ? scm.rights : []));
  const payload = data(packet.extra);
  const control = controlMessages(rights.map(descriptorOf), credentials);
  const message = messageHeader({ ...(address === undefined ? {} : { name: address }), payload, control });
  task.call
    .sendmsg(sender, message, MSG.DONTWAIT | MSG.NOSIGNAL)
    .expect(payload.bytes.length)
    .hint("the receive queue has room for fewer packets than at the checkpoint: raise net.unix.max_dgram_qlen");
}
