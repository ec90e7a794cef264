import { type DumpContext, type Host, output, RestoreError } from "@restage/core";
import type { IpcQueuedMessage } from "@restage/images";
import { errnoText, IPC, MSG_COPY, MSQID64_DS } from "@restage/linux/abi";
import { idsInside } from "../../user/ids-inside.ts";
import { descriptionOf, readObjects } from "../objects.ts";
import { decodeMessage, decodeQueue, MESSAGE_TYPE_SIZE } from "./format.ts";

const LARGEST_MESSAGE = 64 * 1024;

/** Saves System V message queues with their messages, which stay in the queues. Requires CONFIG_CHECKPOINT_RESTORE. */
export function saveMessageQueues(context: DumpContext, namespace: number): void {
  const { host, images } = context;
  for (const object of readObjects(host, "msg")) {
    const desc = descriptionOf(object, "msg", idsInside(context));
    const state = output(MSQID64_DS.size);
    host.call.msgctl(desc.id, IPC.STAT, state);
    const { qbytes, qnum } = decodeQueue(state.bytes);
    const extra = Array.from({ length: qnum }, (_, index) => peek(host, desc.id, index));
    images.add("ipcns_msg", namespace, { value: { desc, qbytes, qnum }, extra });
  }
}

/** A copy of a message. Source: msgop(2), MSG_COPY. */
function peek(host: Host, queue: number, index: number): IpcQueuedMessage {
  const message = output(MESSAGE_TYPE_SIZE + LARGEST_MESSAGE);
  const size = host.attempt("msgrcv", queue, message, LARGEST_MESSAGE, index, IPC.NOWAIT | MSG_COPY);
  if (size >= 0) return decodeMessage(message.bytes, size);
  throw new RestoreError("ERR_SYSCALL", `Cannot read message ${index} of message queue ${queue}: ${errnoText(-size)}`, {
    syscall: { name: "msgrcv", printed: `msgrcv(${queue}, …, MSG_COPY)`, errno: -size },
    hint: "use a kernel with CONFIG_CHECKPOINT_RESTORE",
  });
}
