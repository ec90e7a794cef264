/**
 * IPC namespaces: settings, shared memory, message queues, semaphores.
 *
 * @module
 */
import { bool, embedded, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function ipcDescEntryFields() {
  return {
    key: uint32(1, required),
    uid: uint32(2, required),
    gid: uint32(3, required),
    cuid: uint32(4, required),
    cgid: uint32(5, required),
    mode: uint32(6, required),
    id: uint32(7, required),
  };
}
/** Identity and permissions of a System V object. (CRIU: images/ipc-desc.proto) */
export interface IpcDescEntry extends ValueOfFields<ReturnType<typeof ipcDescEntryFields>> {}
/** Type of {@link IpcDescEntry}. */
export const ipcDescEntry: Message<IpcDescEntry> = message("ipc_desc_entry", ipcDescEntryFields);

function ipcVarEntryFields() {
  return {
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
  };
}
/** Settings of an IPC namespace. (CRIU: images/ipc-var.proto) */
export interface IpcVarEntry extends ValueOfFields<ReturnType<typeof ipcVarEntryFields>> {}
/** Type of {@link IpcVarEntry}. */
export const ipcVarEntry: Message<IpcVarEntry> = message("ipc_var_entry", ipcVarEntryFields);

function ipcShmEntryFields() {
  return {
    desc: embedded(1, ipcDescEntry, required),
    /** Bytes. */
    size: uint64(2, required),
    /** Whether the content is in a pagemap-shmem image instead of following here. */
    in_pagemaps: bool(3),
    hugetlb_flag: uint32(4),
  };
}
/** A System V shared memory segment. (CRIU: images/ipc-shm.proto) */
export interface IpcShmEntry extends ValueOfFields<ReturnType<typeof ipcShmEntryFields>> {}
/** Type of {@link IpcShmEntry}. */
export const ipcShmEntry: Message<IpcShmEntry> = message("ipc_shm_entry", ipcShmEntryFields);

function ipcMsgFields() {
  return {
    mtype: uint64(1, required),
    /** Bytes that follow, padded to a multiple of 8. */
    msize: uint32(2, required),
  };
}
/** A message in a queue; its bytes follow. (CRIU: images/ipc-msg.proto) */
export interface IpcMsg extends ValueOfFields<ReturnType<typeof ipcMsgFields>> {}
/** Type of {@link IpcMsg}. */
export const ipcMsg: Message<IpcMsg> = message("ipc_msg", ipcMsgFields);

function ipcMsgEntryFields() {
  return {
    desc: embedded(1, ipcDescEntry, required),
    qbytes: uint32(2, required),
    /** Messages that follow. */
    qnum: uint32(3, required),
  };
}
/** A System V message queue; its messages follow in the image. (CRIU: images/ipc-msg.proto) */
export interface IpcMsgEntry extends ValueOfFields<ReturnType<typeof ipcMsgEntryFields>> {}
/** Type of {@link IpcMsgEntry}. */
export const ipcMsgEntry: Message<IpcMsgEntry> = message("ipc_msg_entry", ipcMsgEntryFields);

function ipcSemEntryFields() {
  return {
    desc: embedded(1, ipcDescEntry, required),
    /** Values that follow, 16 bits each, padded to a multiple of 8 bytes. */
    nsems: uint32(2, required),
  };
}
/** A System V semaphore set; its values follow in the image. (CRIU: images/ipc-sem.proto) */
export interface IpcSemEntry extends ValueOfFields<ReturnType<typeof ipcSemEntryFields>> {}
/** Type of {@link IpcSemEntry}. */
export const ipcSemEntry: Message<IpcSemEntry> = message("ipc_sem_entry", ipcSemEntryFields);
