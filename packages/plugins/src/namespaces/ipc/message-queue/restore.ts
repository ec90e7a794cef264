import { data, type Task } from "@restage/core";
import type { Entry } from "@restage/images";
import { IPC } from "@restage/linux/abi";
import { chooseId, creationFlags } from "../permissions.ts";
import { encodeMessage, encodeQueue } from "./format.ts";

/** Makes System V message queues, and sends their messages in the order in which they were sent before. */
export function makeMessageQueues(root: Task, queues: readonly Entry<"ipcns_msg">[]): void {
  for (const { value, extra } of queues) {
    const { desc } = value;
    chooseId(root, "msg", desc);
    root.call.msgget(desc.key, creationFlags(desc)).expect(desc.id);
    root.call.msgctl(desc.id, IPC.SET, data(encodeQueue(desc, value)));
    for (const message of extra ?? [])
      root.call.msgsnd(desc.id, data(encodeMessage(message)), message.data.length, IPC.NOWAIT);
  }
}
