/**
 * The process tree, and the directories, credentials and limits of processes.
 *
 * @module
 */
import { bytes, repeated, required, string, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** A process in the tree. Parents come before their children; the first entry is the root. (CRIU: images/pstree.proto) */
export interface PstreeEntry extends Unknowns {
  readonly pid: number;
  /** 0 for the root. */
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** The leader first. */
  readonly threads: readonly number[];
}

/** The message type of {@link PstreeEntry}. */
export const pstreeEntry: Message<PstreeEntry> = message("pstree_entry", () => ({
  pid: uint32(1, required),
  ppid: uint32(2, required),
  pgid: uint32(3, required),
  sid: uint32(4, required),
  threads: uint32(5, repeated),
}));

/** Working directory, root directory and umask of a process. (CRIU: images/fs.proto) */
export interface FsEntry extends Unknowns {
  /** `file_entry.id`. */
  readonly cwd_id: number;
  /** `file_entry.id`. */
  readonly root_id: number;
  readonly umask?: number;
}

/** The message type of {@link FsEntry}. */
export const fsEntry: Message<FsEntry> = message("fs_entry", () => ({
  cwd_id: uint32(1, required),
  root_id: uint32(2, required),
  umask: uint32(3),
}));

/** Credentials of a thread. Capability sets are pairs of 32-bit words, low word first. (CRIU: images/creds.proto) */
export interface CredsEntry extends Unknowns {
  readonly uid: number;
  readonly gid: number;
  readonly euid: number;
  readonly egid: number;
  readonly suid: number;
  readonly sgid: number;
  readonly fsuid: number;
  readonly fsgid: number;
  readonly cap_inh: readonly number[];
  readonly cap_prm: readonly number[];
  readonly cap_eff: readonly number[];
  readonly cap_bnd: readonly number[];
  readonly secbits: number;
  readonly groups: readonly number[];
  readonly lsm_profile?: string;
  readonly lsm_sockcreate?: string;
  readonly apparmor_data?: Uint8Array;
  readonly no_new_privs?: number;
  readonly cap_amb: readonly number[];
}

/** The message type of {@link CredsEntry}. */
export const credsEntry: Message<CredsEntry> = message("creds_entry", () => ({
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
}));

/** A resource limit; all bits set means unlimited. (CRIU: images/rlimit.proto) */
export interface RlimitEntry extends Unknowns {
  readonly cur: bigint;
  readonly max: bigint;
}

/** The message type of {@link RlimitEntry}. */
export const rlimitEntry: Message<RlimitEntry> = message("rlimit_entry", () => ({
  cur: uint64(1, required),
  max: uint64(2, required),
}));

/** Restartable sequence registration of a thread. (CRIU: images/rseq.proto) */
export interface RseqEntry extends Unknowns {
  readonly rseq_abi_pointer: bigint;
  readonly rseq_abi_size: number;
  readonly signature: number;
  readonly rseq_cs_pointer?: bigint;
}

/** The message type of {@link RseqEntry}. */
export const rseqEntry: Message<RseqEntry> = message("rseq_entry", () => ({
  rseq_abi_pointer: uint64(1, required),
  rseq_abi_size: uint32(2, required),
  signature: uint32(3, required),
  rseq_cs_pointer: uint64(4),
}));
