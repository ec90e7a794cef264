/**
 * The process tree and what every process has: directories, credentials, limits.
 *
 * @module
 */
import { bytes, repeated, required, string, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function pstreeEntryFields() {
  return {
    pid: uint32(1, required),
    /** 0 for the root. */
    ppid: uint32(2, required),
    pgid: uint32(3, required),
    sid: uint32(4, required),
    /** The leader first. */
    threads: uint32(5, repeated),
  };
}
/** A process in the tree. Parents come before their children; the first entry is the root. (CRIU: images/pstree.proto) */
export interface PstreeEntry extends ValueOfFields<ReturnType<typeof pstreeEntryFields>> {}
/** Type of {@link PstreeEntry}. */
export const pstreeEntry: Message<PstreeEntry> = message("pstree_entry", pstreeEntryFields);

function fsEntryFields() {
  return {
    /** `file_entry.id`. */
    cwd_id: uint32(1, required),
    /** `file_entry.id`. */
    root_id: uint32(2, required),
    umask: uint32(3),
  };
}
/** Working directory, root directory and umask of a process. (CRIU: images/fs.proto) */
export interface FsEntry extends ValueOfFields<ReturnType<typeof fsEntryFields>> {}
/** Type of {@link FsEntry}. */
export const fsEntry: Message<FsEntry> = message("fs_entry", fsEntryFields);

function credsEntryFields() {
  return {
    uid: uint32(1, required),
    gid: uint32(2, required),
    euid: uint32(3, required),
    egid: uint32(4, required),
    suid: uint32(5, required),
    sgid: uint32(6, required),
    fsuid: uint32(7, required),
    fsgid: uint32(8, required),
    cap_inh: uint32(9, repeated),
    cap_prm: uint32(10, repeated),
    cap_eff: uint32(11, repeated),
    cap_bnd: uint32(12, repeated),
    secbits: uint32(13, required),
    groups: uint32(14, repeated),
    lsm_profile: string(15),
    lsm_sockcreate: string(16),
    apparmor_data: bytes(17),
    no_new_privs: uint32(18),
    cap_amb: uint32(19, repeated),
  };
}
/** Credentials of a thread. Capability sets are pairs of 32-bit words, low word first. (CRIU: images/creds.proto) */
export interface CredsEntry extends ValueOfFields<ReturnType<typeof credsEntryFields>> {}
/** Type of {@link CredsEntry}. */
export const credsEntry: Message<CredsEntry> = message("creds_entry", credsEntryFields);

function rlimitEntryFields() {
  return {
    cur: uint64(1, required),
    max: uint64(2, required),
  };
}
/** A resource limit; all bits set means unlimited. (CRIU: images/rlimit.proto) */
export interface RlimitEntry extends ValueOfFields<ReturnType<typeof rlimitEntryFields>> {}
/** Type of {@link RlimitEntry}. */
export const rlimitEntry: Message<RlimitEntry> = message("rlimit_entry", rlimitEntryFields);

function rseqEntryFields() {
  return {
    rseq_abi_pointer: uint64(1, required),
    rseq_abi_size: uint32(2, required),
    signature: uint32(3, required),
    rseq_cs_pointer: uint64(4),
  };
}
/** Restartable sequence registration of a thread. (CRIU: images/rseq.proto) */
export interface RseqEntry extends ValueOfFields<ReturnType<typeof rseqEntryFields>> {}
/** Type of {@link RseqEntry}. */
export const rseqEntry: Message<RseqEntry> = message("rseq_entry", rseqEntryFields);
