/**
 * File system watches.
 *
 * @module
 */
import { embedded, enumeration, repeated, required, string, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import { fownEntry } from "./file-owner.ts";

/** Values of `fanotify_mark_entry.type`. */
export const markType = {
  INODE: 1,
  MOUNT: 2,
} as const;

function fhEntryFields() {
  return {
    bytes: uint32(1, required),
    type: uint32(2, required),
    handle: uint64(3, repeated),
    path: string(4),
    mnt_id: uint32(5),
  };
}
/** A file handle, as of `name_to_handle_at`. (CRIU: images/fh.proto) */
export interface FhEntry extends ValueOfFields<ReturnType<typeof fhEntryFields>> {}
/** Type of {@link FhEntry}. */
export const fhEntry: Message<FhEntry> = message("fh_entry", fhEntryFields);

function irmapCacheEntryFields() {
  return {
    dev: uint32(1, required),
    inode: uint64(2, required),
    path: string(3, required),
  };
}
/** An entry of the cache of paths by inode. (CRIU: images/fh.proto) */
export interface IrmapCacheEntry extends ValueOfFields<ReturnType<typeof irmapCacheEntryFields>> {}
/** Type of {@link IrmapCacheEntry}. */
export const irmapCacheEntry: Message<IrmapCacheEntry> = message("irmap_cache_entry", irmapCacheEntryFields);

function inotifyWdEntryFields() {
  return {
    id: uint32(1, required),
    i_ino: uint64(2, required),
    mask: uint32(3, required),
    ignored_mask: uint32(4, required),
    s_dev: uint32(5, required),
    wd: uint32(6, required),
    f_handle: embedded(7, fhEntry, required),
  };
}
/** A watch of an inotify. (CRIU: images/fsnotify.proto) */
export interface InotifyWdEntry extends ValueOfFields<ReturnType<typeof inotifyWdEntryFields>> {}
/** Type of {@link InotifyWdEntry}. */
export const inotifyWdEntry: Message<InotifyWdEntry> = message("inotify_wd_entry", inotifyWdEntryFields);

function inotifyFileEntryFields() {
  return {
    id: uint32(1, required),
    flags: uint32(2, required),
    fown: embedded(4, fownEntry, required),
    wd: embedded(5, inotifyWdEntry, repeated),
  };
}
/** An inotify. (CRIU: images/fsnotify.proto) */
export interface InotifyFileEntry extends ValueOfFields<ReturnType<typeof inotifyFileEntryFields>> {}
/** Type of {@link InotifyFileEntry}. */
export const inotifyFileEntry: Message<InotifyFileEntry> = message("inotify_file_entry", inotifyFileEntryFields);

function fanotifyInodeMarkEntryFields() {
  return {
    i_ino: uint64(1, required),
    f_handle: embedded(2, fhEntry, required),
  };
}
/** A fanotify mark of an inode. (CRIU: images/fsnotify.proto) */
export interface FanotifyInodeMarkEntry extends ValueOfFields<ReturnType<typeof fanotifyInodeMarkEntryFields>> {}
/** Type of {@link FanotifyInodeMarkEntry}. */
export const fanotifyInodeMarkEntry: Message<FanotifyInodeMarkEntry> = message(
  "fanotify_inode_mark_entry",
  fanotifyInodeMarkEntryFields,
);

function fanotifyMountMarkEntryFields() {
  return {
    mnt_id: uint32(1, required),
    path: string(2),
  };
}
/** A fanotify mark of a mount. (CRIU: images/fsnotify.proto) */
export interface FanotifyMountMarkEntry extends ValueOfFields<ReturnType<typeof fanotifyMountMarkEntryFields>> {}
/** Type of {@link FanotifyMountMarkEntry}. */
export const fanotifyMountMarkEntry: Message<FanotifyMountMarkEntry> = message(
  "fanotify_mount_mark_entry",
  fanotifyMountMarkEntryFields,
);

function fanotifyMarkEntryFields() {
  return {
    id: uint32(1, required),
    type: enumeration(2, required),
    mflags: uint32(3, required),
    mask: uint32(4, required),
    ignored_mask: uint32(5, required),
    s_dev: uint32(6, required),
    ie: embedded(7, fanotifyInodeMarkEntry),
    me: embedded(8, fanotifyMountMarkEntry),
  };
}
/** A fanotify mark. (CRIU: images/fsnotify.proto) */
export interface FanotifyMarkEntry extends ValueOfFields<ReturnType<typeof fanotifyMarkEntryFields>> {}
/** Type of {@link FanotifyMarkEntry}. */
export const fanotifyMarkEntry: Message<FanotifyMarkEntry> = message("fanotify_mark_entry", fanotifyMarkEntryFields);

function fanotifyFileEntryFields() {
  return {
    id: uint32(1, required),
    flags: uint32(2, required),
    fown: embedded(3, fownEntry, required),
    faflags: uint32(4, required),
    evflags: uint32(5, required),
    mark: embedded(6, fanotifyMarkEntry, repeated),
  };
}
/** A fanotify. (CRIU: images/fsnotify.proto) */
export interface FanotifyFileEntry extends ValueOfFields<ReturnType<typeof fanotifyFileEntryFields>> {}
/** Type of {@link FanotifyFileEntry}. */
export const fanotifyFileEntry: Message<FanotifyFileEntry> = message("fanotify_file_entry", fanotifyFileEntryFields);
