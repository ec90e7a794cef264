/**
 * File system watches.
 *
 * @module
 */
import { FileType } from "../file-type.ts";
import { embedded, enumeration, repeated, required, string, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { FownEntry } from "./file-owner.ts";
import { fownEntry } from "./file-owner.ts";

/** Values of `fanotify_mark_entry.type`. */
export const markType = {
  INODE: 1,
  MOUNT: 2,
} as const;

/** A file handle, as `name_to_handle_at` returns it. (CRIU: images/fh.proto) */
export interface FhEntry extends Unknowns {
  readonly bytes: number;
  readonly type: number;
  readonly handle: readonly bigint[];
  readonly path?: string;
  readonly mnt_id?: number;
}

/** The message type of {@link FhEntry}. */
export const fhEntry: Message<FhEntry> = message("fh_entry", () => ({
  bytes: uint32(1, required),
  type: uint32(2, required),
  handle: uint64(3, repeated),
  path: string(4),
  mnt_id: uint32(5),
}));

/** An entry of the cache of paths by inode. (CRIU: images/fh.proto) */
export interface IrmapCacheEntry extends Unknowns {
  readonly dev: number;
  readonly inode: bigint;
  readonly path: string;
}

/** The message type of {@link IrmapCacheEntry}. */
export const irmapCacheEntry: Message<IrmapCacheEntry> = message("irmap_cache_entry", () => ({
  dev: uint32(1, required),
  inode: uint64(2, required),
  path: string(3, required),
}));

/** A watch of an inotify instance. (CRIU: images/fsnotify.proto) */
export interface InotifyWdEntry extends Unknowns {
  readonly id: number;
  readonly i_ino: bigint;
  readonly mask: number;
  readonly ignored_mask: number;
  readonly s_dev: number;
  readonly wd: number;
  readonly f_handle: FhEntry;
}

/** The message type of {@link InotifyWdEntry}. */
export const inotifyWdEntry: Message<InotifyWdEntry> = message("inotify_wd_entry", () => ({
  id: uint32(1, required),
  i_ino: uint64(2, required),
  mask: uint32(3, required),
  ignored_mask: uint32(4, required),
  s_dev: uint32(5, required),
  wd: uint32(6, required),
  f_handle: embedded(7, fhEntry, required),
}));

/** An inotify instance. (CRIU: images/fsnotify.proto) */
export interface InotifyFileEntry extends Unknowns {
  readonly id: number;
  readonly flags: number;
  readonly fown: FownEntry;
  readonly wd: readonly InotifyWdEntry[];
}

/** The message type of {@link InotifyFileEntry}. */
export const inotifyFileEntry: Message<InotifyFileEntry> = message("inotify_file_entry", () => ({
  id: uint32(1, required),
  flags: uint32(2, required),
  fown: embedded(4, fownEntry, required),
  wd: embedded(5, inotifyWdEntry, repeated),
}));

/** The file type of {@link InotifyFileEntry}. */
export const inotifyFile: FileType<InotifyFileEntry, "INOTIFY", "ify", "inotify_file"> = new FileType({
  message: inotifyFileEntry,
  type: ["INOTIFY", 8],
  member: ["ify", 13],
  image: ["inotify_file", "inotify.img", 0x48424431],
});

/** A fanotify mark of an inode. (CRIU: images/fsnotify.proto) */
export interface FanotifyInodeMarkEntry extends Unknowns {
  readonly i_ino: bigint;
  readonly f_handle: FhEntry;
}

/** The message type of {@link FanotifyInodeMarkEntry}. */
export const fanotifyInodeMarkEntry: Message<FanotifyInodeMarkEntry> = message("fanotify_inode_mark_entry", () => ({
  i_ino: uint64(1, required),
  f_handle: embedded(2, fhEntry, required),
}));

/** A fanotify mark of a mount. (CRIU: images/fsnotify.proto) */
export interface FanotifyMountMarkEntry extends Unknowns {
  readonly mnt_id: number;
  readonly path?: string;
}

/** The message type of {@link FanotifyMountMarkEntry}. */
export const fanotifyMountMarkEntry: Message<FanotifyMountMarkEntry> = message("fanotify_mount_mark_entry", () => ({
  mnt_id: uint32(1, required),
  path: string(2),
}));

/** A fanotify mark. (CRIU: images/fsnotify.proto) */
export interface FanotifyMarkEntry extends Unknowns {
  readonly id: number;
  readonly type: number;
  readonly mflags: number;
  readonly mask: number;
  readonly ignored_mask: number;
  readonly s_dev: number;
  readonly ie?: FanotifyInodeMarkEntry;
  readonly me?: FanotifyMountMarkEntry;
}

/** The message type of {@link FanotifyMarkEntry}. */
export const fanotifyMarkEntry: Message<FanotifyMarkEntry> = message("fanotify_mark_entry", () => ({
  id: uint32(1, required),
  type: enumeration(2, required),
  mflags: uint32(3, required),
  mask: uint32(4, required),
  ignored_mask: uint32(5, required),
  s_dev: uint32(6, required),
  ie: embedded(7, fanotifyInodeMarkEntry),
  me: embedded(8, fanotifyMountMarkEntry),
}));

/** A fanotify group. (CRIU: images/fsnotify.proto) */
export interface FanotifyFileEntry extends Unknowns {
  readonly id: number;
  readonly flags: number;
  readonly fown: FownEntry;
  readonly faflags: number;
  readonly evflags: number;
  readonly mark: readonly FanotifyMarkEntry[];
}

/** The message type of {@link FanotifyFileEntry}. */
export const fanotifyFileEntry: Message<FanotifyFileEntry> = message("fanotify_file_entry", () => ({
  id: uint32(1, required),
  flags: uint32(2, required),
  fown: embedded(3, fownEntry, required),
  faflags: uint32(4, required),
  evflags: uint32(5, required),
  mark: embedded(6, fanotifyMarkEntry, repeated),
}));

/** The file type of {@link FanotifyFileEntry}. */
export const fanotifyFile: FileType<FanotifyFileEntry, "FANOTIFY", "ffy", "fanotify_file"> = new FileType({
  message: fanotifyFileEntry,
  type: ["FANOTIFY", 12],
  member: ["ffy", 14],
  image: ["fanotify_file", "fanotify.img", 0x55096122],
});
