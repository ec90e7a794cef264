/**
 * Mounts, and the file systems whose contents are in images.
 *
 * @module
 */
import { bool, int32, required, string, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** Values of `mnt_entry.fstype`. Other file systems have `fsname`. */
export const fstype = {
  UNSUPPORTED: 0,
  PROC: 1,
  SYSFS: 2,
  DEVTMPFS: 3,
  BINFMT_MISC: 4,
  TMPFS: 5,
  DEVPTS: 6,
  SIMFS: 7,
  PSTORE: 8,
  SECURITYFS: 9,
  FUSECTL: 10,
  DEBUGFS: 11,
  CGROUP: 12,
  AUFS: 13,
  MQUEUE: 14,
  FUSE: 15,
  AUTO: 16,
  OVERLAYFS: 17,
  AUTOFS: 18,
  TRACEFS: 19,
  CGROUP2: 23,
} as const;

/** A mount of a mount namespace. (CRIU: images/mnt.proto) */
export interface MntEntry extends Unknowns {
  readonly fstype: number;
  readonly mnt_id: number;
  /** Device of the superblock, in kernel encoding. */
  readonly root_dev: number;
  /** The `mnt_id` of the parent mount. */
  readonly parent_mnt_id: number;
  readonly flags: number;
  readonly root: string;
  readonly mountpoint: string;
  readonly source: string;
  readonly options: string;
  readonly shared_id?: number;
  readonly master_id?: number;
  readonly with_plugin?: boolean;
  readonly ext_mount?: boolean;
  readonly fsname?: string;
  readonly internal_sharing?: boolean;
  readonly deleted?: boolean;
  readonly sb_flags?: number;
  readonly ext_key?: string;
}

/** The message type of {@link MntEntry}. */
export const mntEntry: Message<MntEntry> = message("mnt_entry", () => ({
  fstype: uint32(1, required),
  mnt_id: uint32(2, required),
  root_dev: uint32(3, required),
  parent_mnt_id: uint32(4, required),
  flags: uint32(5, required),
  root: string(6, required),
  mountpoint: string(7, required),
  source: string(8, required),
  options: string(9, required),
  shared_id: uint32(10),
  master_id: uint32(11),
  with_plugin: bool(12),
  ext_mount: bool(13),
  fsname: string(14),
  internal_sharing: bool(15),
  deleted: bool(16),
  sb_flags: uint32(17),
  ext_key: string(18),
}));

/** An autofs mount. (CRIU: images/autofs.proto) */
export interface AutofsEntry extends Unknowns {
  readonly fd: number;
  readonly pgrp: number;
  readonly timeout: number;
  readonly minproto: number;
  readonly maxproto: number;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly read_fd?: number;
}

/** The message type of {@link AutofsEntry}. */
export const autofsEntry: Message<AutofsEntry> = message("autofs_entry", () => ({
  fd: int32(1, required),
  pgrp: int32(2, required),
  timeout: int32(3, required),
  minproto: int32(4, required),
  maxproto: int32(5, required),
  mode: int32(6, required),
  uid: int32(7),
  gid: int32(8),
  read_fd: int32(9),
}));

/** A registered binary format. (CRIU: images/binfmt-misc.proto) */
export interface BinfmtMiscEntry extends Unknowns {
  readonly name: string;
  readonly enabled: boolean;
  readonly interpreter: string;
  readonly flags?: string;
  readonly extension?: string;
  readonly magic?: string;
  readonly mask?: string;
  readonly offset?: number;
}

/** The message type of {@link BinfmtMiscEntry}. */
export const binfmtMiscEntry: Message<BinfmtMiscEntry> = message("binfmt_misc_entry", () => ({
  name: string(1, required),
  enabled: bool(2, required),
  interpreter: string(3, required),
  flags: string(4),
  extension: string(5),
  magic: string(6),
  mask: string(7),
  offset: int32(8),
}));
