import { type DumpContext, type Host, output, RestoreError } from "@restage/core";
import type { IpcQueuedMessage } from "@restage/images";
import { errnoText, IPC, MSG_COPY, MSQID64_DS } from "@restage/linux/abi";
import { room } from "../../../room.ts";
import { idsInside } from "../../user/ids-inside.ts";
import { descriptionOf, readObjects } from "../objects.ts";

const LARGEST_MESSAGE = 64 * 1024;

/** System V message queues with their messages, which stay there. Requires CONFIG_CHECKPOINT_RESTORE. */
export function saveMessageQueues(context: DumpContext, namespace: number): void {
  const { host, images } = context;
  for (const object of readObjects(host, "msg")) {
    const desc = descriptionOf(object, "msg", idsInside(context));
    const state = output(MSQID64_DS.size);
    host.call.msgctl(desc.id, IPC.STAT, state);
    const view = new DataView(state.bytes.buffer, state.bytes.byteOffset);
    const qnum = Number(view.getBigUint64(MSQID64_DS.msg_qnum, true));
    const qbytes = Number(view.getBigUint64(MSQID64_DS.msg_qbytes, true));
    const extra = Array.from({ length: qnum }, (_, index) => peek(host, desc.id, index));
    images.add("ipcns_msg", namespace, { value: { desc, qbytes, qnum }, extra });
  }
}

/** A copy of a message of a queue. Source: msgop(2). */
function peek(host: Host, queue: number, index: number): IpcQueuedMessage {
  const { data, view } = room(8 + LARGEST_MESSAGE);
  const msize = host.attempt("msgrcv", queue, data, LARGEST_MESSAGE, index, IPC.NOWAIT | MSG_COPY);
  if (msize < 0) {
    const message = `Cannot read message ${index} of message queue ${queue}: ${errnoText(-msize)}`;
    throw new RestoreError("ERR_SYSCALL", message, {
      syscall: { name: "msgrcv", printed: `msgrcv(${queue}, …, MSG_COPY)`, errno: -msize },
      hint: "it needs a kernel with CONFIG_CHECKPOINT_RESTORE",
    });
  }
  return { value: { mtype: view.getBigUint64(0, true), msize }, data: data.bytes.slice(8, 8 + msize) };
}
