import { addressOf, data, struct, type Task, type Value } from "@restage/core";
import { CMSG_HEADER_SIZE, MSG, SCM, SOL } from "@restage/linux/abi";
import type { QueuedPacket } from "../unix/graph.ts";

/**
 * Sends a packet again, with the descriptors that were in flight with it.
 *
 * @param descriptorOf the descriptor of a file by its id.
 */
export function sendPacket(task: Task, sender: Value, packet: QueuedPacket, descriptorOf: (id: number) => Value): void {
  const rights = packet.value.scm.flatMap((scm) => (scm.type === SCM.RIGHTS ? scm.rights : []));
  const payload = data(packet.extra);
  const iovec = struct([8, addressOf(payload)], [8, payload.bytes.length]);
  const control = rightsMessage(rights.map(descriptorOf));
  const noName = [
    [8, 0],
    [8, 0],
  ] as const;
  const header = struct(
    ...noName,
    [8, addressOf(iovec)],
    [8, 1],
    [8, control === undefined ? 0 : addressOf(control)],
    [8, control?.bytes.length ?? 0],
    [8, 0],
  );
  task.call
    .sendmsg(sender, header, MSG.DONTWAIT | MSG.NOSIGNAL)
    .expect(payload.bytes.length)
    .hint("the queue takes less than it did: raise net.unix.max_dgram_qlen");
}

/** A control message with descriptors, padded to whole words. */
function rightsMessage(descriptors: readonly Value[]): ReturnType<typeof struct> | undefined {
  if (descriptors.length === 0) return undefined;
  const padding = descriptors.length % 2 === 0 ? [] : [[4, 0] as const];
  return struct(
    [8, CMSG_HEADER_SIZE + 4 * descriptors.length],
    [4, SOL.SOCKET],
    [4, SCM.RIGHTS],
    ...descriptors.map((descriptor) => [4, descriptor] as const),
    ...padding,
  );
}
