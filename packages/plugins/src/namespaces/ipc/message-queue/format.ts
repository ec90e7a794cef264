import type { IpcDescEntry, IpcQueuedMessage } from "@restage/images";
import { MSQID64_DS } from "@restage/linux/abi";
import { permissions } from "../permissions.ts";

/** The size of `mtype` in struct msgbuf, before the text of a message. Source: msgop(2). */
export const MESSAGE_TYPE_SIZE = 8;

/** A struct msgbuf of msgsnd(2). */
export function encodeMessage({ value, data }: IpcQueuedMessage): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_TYPE_SIZE + data.length);
  new DataView(bytes.buffer).setBigUint64(0, value.mtype, true);
  bytes.set(data, MESSAGE_TYPE_SIZE);
  return bytes;
}

/** @param bytes a struct msgbuf that msgrcv(2) has filled. @param size what msgrcv returned: the length of the text. */
export function decodeMessage(bytes: Uint8Array, size: number): IpcQueuedMessage {
  const mtype = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return { value: { mtype, msize: size }, data: bytes.slice(MESSAGE_TYPE_SIZE, MESSAGE_TYPE_SIZE + size) };
}

/** The limit of a queue, and how many messages it holds. */
interface QueueState {
  readonly qbytes: number;
  readonly qnum: number;
}

/** A struct msqid64_ds for IPC_SET, which ignores the number of messages. */
export function encodeQueue(desc: IpcDescEntry, { qbytes }: Pick<QueueState, "qbytes">): Uint8Array {
  const view = permissions(desc, MSQID64_DS.size);
  view.setBigUint64(MSQID64_DS.msg_qbytes, BigInt(qbytes), true);
  return new Uint8Array(view.buffer);
}

/** @param bytes the struct msqid64_ds of IPC_STAT. */
export function decodeQueue(bytes: Uint8Array): QueueState {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const number = (offset: number) => Number(view.getBigUint64(offset, true));
  return { qbytes: number(MSQID64_DS.msg_qbytes), qnum: number(MSQID64_DS.msg_qnum) };
}
