import { data, type Task } from "@restage/core";
import type { Entry } from "@restage/images";
import { IPC, MSQID64_DS } from "@restage/linux/abi";
import { argument, chooseId, creationFlags, permissions } from "../permissions.ts";

/** System V message queues with their messages, in the order in which they were sent. */
export function makeMessageQueues(root: Task, queues: readonly Entry<"ipcns_msg">[]): void {
  for (const { value, extra } of queues) {
    const { desc, qbytes } = value;
    chooseId(root, "msg", desc);
    root.call.msgget(desc.key, creationFlags(desc)).expect(desc.id);
    const state = permissions(desc, MSQID64_DS.size);
    state.setBigUint64(MSQID64_DS.msg_qbytes, BigInt(qbytes), true);
    root.call.msgctl(desc.id, IPC.SET, argument(state));
    for (const message of extra ?? []) {
      const bytes = new Uint8Array(8 + message.data.length);
      new DataView(bytes.buffer).setBigUint64(0, message.value.mtype, true);
      bytes.set(message.data, 8);
      root.call.msgsnd(desc.id, data(bytes), message.data.length, IPC.NOWAIT);
    }
  }
}
