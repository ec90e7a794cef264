/**
 * Files with a path, files without one any more, and other plain descriptions.
 *
 * @module
 */
import { bool, embedded, enumeration, repeated, required, sint32, string, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import { fownEntry } from "./file-owner.ts";
import { timeval } from "./time.ts";

/** Values of `remap_file_path_entry.remap_type`: how a file without a path comes back. */
export const remapType = {
  LINKED: 0,
  GHOST: 1,
  PROCFS: 2,
} as const;

function regFileEntryFields() {
  return {
    id: uint32(1, required),
    /** Open flags. */
    flags: uint32(2, required),
    pos: uint64(3, required),
    fown: embedded(5, fownEntry, required),
    /** Path from the root of its mount namespace. */
    name: string(6, required),
    /** `-1` when absent. */
    mnt_id: sint32(7),
    /** Bytes at the time of the dump. */
    size: uint64(8),
    ext: bool(9),
    mode: uint32(10),
    build_id: uint32(11, repeated),
    checksum: uint32(12),
    checksum_config: uint32(13),
    checksum_parameter: uint32(14),
  };
}
/** A file opened by its path. (CRIU: images/regfile.proto) */
export interface RegFileEntry extends ValueOfFields<ReturnType<typeof regFileEntryFields>> {}
/** Type of {@link RegFileEntry}. */
export const regFileEntry: Message<RegFileEntry> = message("reg_file_entry", regFileEntryFields);

function remapFilePathEntryFields() {
  return {
    /** `file_entry.id`. */
    orig_id: uint32(1, required),
    /** Linked: `file_entry.id`; ghost: number of the ghost-file image; procfs: a pid. */
    remap_id: uint32(2, required),
    remap_type: enumeration(3),
  };
}
/** How to give a file back its name while it is being opened. (CRIU: images/remap-file-path.proto) */
export interface RemapFilePathEntry extends ValueOfFields<ReturnType<typeof remapFilePathEntryFields>> {}
/** Type of {@link RemapFilePathEntry}. */
export const remapFilePathEntry: Message<RemapFilePathEntry> = message(
  "remap_file_path_entry",
  remapFilePathEntryFields,
);

function ghostFileEntryFields() {
  return {
    uid: uint32(1, required),
    gid: uint32(2, required),
    mode: uint32(3, required),
    dev: uint32(4),
    ino: uint64(5),
    rdev: uint32(6),
    atim: embedded(7, timeval),
    mtim: embedded(8, timeval),
    /** Whether the content has holes and follows as chunks. */
    chunks: bool(9),
    /** Bytes. */
    size: uint64(10),
    symlnk_target: string(11),
  };
}
/** A file that was deleted but is still open; its content follows in the image. (CRIU: images/ghost-file.proto) */
export interface GhostFileEntry extends ValueOfFields<ReturnType<typeof ghostFileEntryFields>> {}
/** Type of {@link GhostFileEntry}. */
export const ghostFileEntry: Message<GhostFileEntry> = message("ghost_file_entry", ghostFileEntryFields);

function ghostChunkEntryFields() {
  return {
    /** Bytes. */
    len: uint64(1, required),
    /** Offset in the file. */
    off: uint64(2, required),
  };
}
/** A piece of the content of a ghost file with holes. (CRIU: images/ghost-file.proto) */
export interface GhostChunkEntry extends ValueOfFields<ReturnType<typeof ghostChunkEntryFields>> {}
/** Type of {@link GhostChunkEntry}. */
export const ghostChunkEntry: Message<GhostChunkEntry> = message("ghost_chunk_entry", ghostChunkEntryFields);

function memfdFileEntryFields() {
  return {
    id: uint32(1, required),
    flags: uint32(2, required),
    pos: uint64(3, required),
    fown: embedded(4, fownEntry, required),
    inode_id: uint32(5, required),
  };
}
/** An open description of a memfd. (CRIU: images/memfd.proto) */
export interface MemfdFileEntry extends ValueOfFields<ReturnType<typeof memfdFileEntryFields>> {}
/** Type of {@link MemfdFileEntry}. */
export const memfdFileEntry: Message<MemfdFileEntry> = message("memfd_file_entry", memfdFileEntryFields);

function memfdInodeEntryFields() {
  return {
    name: string(1, required),
    uid: uint32(2, required),
    gid: uint32(3, required),
    size: uint64(4, required),
    /** The number of the pagemap-shmem image. */
    shmid: uint32(5, required),
    seals: uint32(6, required),
    inode_id: uint64(7, required),
    hugetlb_flag: uint32(8),
    mode: uint32(9),
  };
}
/** A memfd; its content is a shared memory segment. (CRIU: images/memfd.proto) */
export interface MemfdInodeEntry extends ValueOfFields<ReturnType<typeof memfdInodeEntryFields>> {}
/** Type of {@link MemfdInodeEntry}. */
export const memfdInodeEntry: Message<MemfdInodeEntry> = message("memfd_inode_entry", memfdInodeEntryFields);

function extFileEntryFields() {
  return {
    id: uint32(1, required),
    fown: embedded(5, fownEntry, required),
  };
}
/** A description that a plugin restores. (CRIU: images/ext-file.proto) */
export interface ExtFileEntry extends ValueOfFields<ReturnType<typeof extFileEntryFields>> {}
/** Type of {@link ExtFileEntry}. */
export const extFileEntry: Message<ExtFileEntry> = message("ext_file_entry", extFileEntryFields);

function nsFileEntryFields() {
  return {
    id: uint32(1, required),
    ns_id: uint32(2, required),
    ns_cflag: uint32(3, required),
    flags: uint32(4, required),
  };
}
/** A description of a namespace. (CRIU: images/ns.proto) */
export interface NsFileEntry extends ValueOfFields<ReturnType<typeof nsFileEntryFields>> {}
/** Type of {@link NsFileEntry}. */
export const nsFileEntry: Message<NsFileEntry> = message("ns_file_entry", nsFileEntryFields);
