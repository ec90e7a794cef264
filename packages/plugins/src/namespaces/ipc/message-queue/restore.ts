import { data, type Task } from "@restage/core";
import type { Entry } from "@restage/images";
import { argument, chooseId, creationFlags, IPC, permissions } from "../permissions.ts";

/** struct msqid64_ds: its size, and where the highest number of bytes of a queue is. Source: include/uapi/asm-generic/msgbuf.h. */
const MSQID_DS = { size: 120, qbytes: 88 } as const;

/** System V message queues with their messages, in the order in which they were sent. */
export function makeMessageQueues(root: Task, queues: readonly Entry<"ipcns_msg">[]): void {
  for (const { value, extra } of queues) {
    const { desc, qbytes } = value;
    chooseId(root, "msg", desc);
    root.call.msgget(desc.key, creationFlags(desc)).expect(desc.id);
    const state = permissions(desc, MSQID_DS.size);
    state.setBigUint64(MSQID_DS.qbytes, BigInt(qbytes), true);
    root.call.msgctl(desc.id, IPC.SET, argument(state));
    for (const message of extra ?? []) {
      const bytes = new Uint8Array(8 + message.data.length);
      new DataView(bytes.buffer).setBigUint64(0, message.value.mtype, true);
      bytes.set(message.data, 8);
      root.call.msgsnd(desc.id, data(bytes), message.data.length, IPC.NOWAIT);
    }
  }
}
