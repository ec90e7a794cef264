import { data, type Task, type Value } from "@restage/core";
import type { Entry } from "@restage/images";
import { MSG, SCM } from "@restage/linux/abi";
import { messageHeader, rightsMessage } from "../messages.ts";

/** A packet in the receive queue of a socket. */
export type QueuedPacket = Entry<"sk_queues">;

/**
 * Sends a packet again, with the descriptors that were in flight with it.
 *
 * @param descriptorOf finds the descriptor of a file by its id.
 */
export function sendPacket(task: Task, sender: Value, packet: QueuedPacket, descriptorOf: (id: number) => Value): void {
  const rights = packet.value.scm.flatMap((scm) => (scm.type === SCM.RIGHTS ? scm.rights : []));
  const payload = data(packet.extra);
  const control = rights.length === 0 ? undefined : rightsMessage(rights.map(descriptorOf));
  task.call
    .sendmsg(sender, messageHeader({ payload, control }), MSG.DONTWAIT | MSG.NOSIGNAL)
    .expect(payload.bytes.length)
    .hint("the receive queue has room for fewer packets than at the checkpoint: raise net.unix.max_dgram_qlen");
}
