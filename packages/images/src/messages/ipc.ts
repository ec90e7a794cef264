/**
 * IPC namespaces: settings, shared memory, message queues, semaphores.
 *
 * @module
 */
import { bool, embedded, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** Identity and permissions of a System V object. (CRIU: images/ipc-desc.proto) */
export interface IpcDescEntry extends Unknowns {
  readonly key: number;
  readonly uid: number;
  readonly gid: number;
  readonly cuid: number;
  readonly cgid: number;
  readonly mode: number;
  readonly id: number;
}

/** The message type of {@link IpcDescEntry}. */
export const ipcDescEntry: Message<IpcDescEntry> = message("ipc_desc_entry", () => ({
  key: uint32(1, required),
  uid: uint32(2, required),
  gid: uint32(3, required),
  cuid: uint32(4, required),
  cgid: uint32(5, required),
  mode: uint32(6, required),
  id: uint32(7, required),
}));

/** Settings of an IPC namespace. (CRIU: images/ipc-var.proto) */
export interface IpcVarEntry extends Unknowns {
  readonly sem_ctls: readonly number[];
  readonly msg_ctlmax: number;
  readonly msg_ctlmnb: number;
  readonly msg_ctlmni: number;
  readonly auto_msgmni: number;
  readonly shm_ctlmax: bigint;
  readonly shm_ctlall: bigint;
  readonly shm_ctlmni: number;
  readonly shm_rmid_forced: number;
  readonly mq_queues_max: number;
  readonly mq_msg_max: number;
  readonly mq_msgsize_max: number;
  readonly mq_msg_default?: number;
  readonly mq_msgsize_default?: number;
  readonly msg_next_id?: number;
  readonly sem_next_id?: number;
  readonly shm_next_id?: number;
}

/** The message type of {@link IpcVarEntry}. */
export const ipcVarEntry: Message<IpcVarEntry> = message("ipc_var_entry", () => ({
  sem_ctls: uint32(1, repeated),
  msg_ctlmax: uint32(2, required),
  msg_ctlmnb: uint32(3, required),
  msg_ctlmni: uint32(4, required),
  auto_msgmni: uint32(5, required),
  shm_ctlmax: uint64(6, required),
  shm_ctlall: uint64(7, required),
  shm_ctlmni: uint32(8, required),
  shm_rmid_forced: uint32(9, required),
  mq_queues_max: uint32(10, required),
  mq_msg_max: uint32(11, required),
  mq_msgsize_max: uint32(12, required),
  mq_msg_default: uint32(13),
  mq_msgsize_default: uint32(14),
  msg_next_id: uint32(15),
  sem_next_id: uint32(16),
  shm_next_id: uint32(17),
}));

/** A System V shared memory segment. (CRIU: images/ipc-shm.proto) */
export interface IpcShmEntry extends Unknowns {
  readonly desc: IpcDescEntry;
  /** Bytes. */
  readonly size: bigint;
  /** Whether the content is in a pagemap-shmem image instead of following here. */
  readonly in_pagemaps?: boolean;
  readonly hugetlb_flag?: number;
}

/** The message type of {@link IpcShmEntry}. */
export const ipcShmEntry: Message<IpcShmEntry> = message("ipc_shm_entry", () => ({
  desc: embedded(1, ipcDescEntry, required),
  size: uint64(2, required),
  in_pagemaps: bool(3),
  hugetlb_flag: uint32(4),
}));

/** A message in a queue; its bytes follow. (CRIU: images/ipc-msg.proto) */
export interface IpcMsg extends Unknowns {
  readonly mtype: bigint;
  /** The number of bytes that follow, padded to a multiple of 8. */
  readonly msize: number;
}

/** The message type of {@link IpcMsg}. */
export const ipcMsg: Message<IpcMsg> = message("ipc_msg", () => ({
  mtype: uint64(1, required),
  msize: uint32(2, required),
}));

/** A System V message queue; its messages follow in the image. (CRIU: images/ipc-msg.proto) */
export interface IpcMsgEntry extends Unknowns {
  readonly desc: IpcDescEntry;
  readonly qbytes: number;
  /** The number of messages that follow. */
  readonly qnum: number;
}

/** The message type of {@link IpcMsgEntry}. */
export const ipcMsgEntry: Message<IpcMsgEntry> = message("ipc_msg_entry", () => ({
  desc: embedded(1, ipcDescEntry, required),
  qbytes: uint32(2, required),
  qnum: uint32(3, required),
}));

/** A System V semaphore set; its values follow in the image. (CRIU: images/ipc-sem.proto) */
export interface IpcSemEntry extends Unknowns {
  readonly desc: IpcDescEntry;
  /** The number of values that follow, 16 bits each, padded to a multiple of 8 bytes. */
  readonly nsems: number;
}

/** The message type of {@link IpcSemEntry}. */
export const ipcSemEntry: Message<IpcSemEntry> = message("ipc_sem_entry", () => ({
  desc: embedded(1, ipcDescEntry, required),
  nsems: uint32(2, required),
}));
