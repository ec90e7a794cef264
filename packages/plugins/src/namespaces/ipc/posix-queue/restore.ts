import { data, type Task } from "@restage/core";
import type { OwnQueueEntry } from "@restage/images";
import { MQ_ATTR, O } from "@restage/linux/abi";

/** Makes POSIX message queues, without messages. Tasks that have one open find it at a mount of its file system, which shows its namespace. */
export function makeQueues(root: Task, queues: readonly OwnQueueEntry[]): void {
  for (const { name, uid, gid, mode, messages, message_size } of queues) {
    const attributes = new DataView(new ArrayBuffer(MQ_ATTR.size));
    attributes.setBigInt64(MQ_ATTR.maxmsg, BigInt(messages), true);
    attributes.setBigInt64(MQ_ATTR.msgsize, BigInt(message_size), true);
    const bytes = new Uint8Array(attributes.buffer);
    const queue = root.call.mq_open(name, O.CREAT | O.EXCL | O.CLOEXEC, mode, data(bytes));
    root.call.fchown(queue, uid, gid);
    // The umask was applied to the mode.
    root.call.fchmod(queue, mode);
    root.call.close(queue);
  }
}
