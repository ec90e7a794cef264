/**
 * Files with a path, deleted files, and other open file descriptions without a module of their own.
 *
 * @module
 */
import { FileType } from "../file-type.ts";
import { bool, embedded, enumeration, repeated, required, sint32, string, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { FownEntry } from "./file-owner.ts";
import { fownEntry } from "./file-owner.ts";
import type { Timeval } from "./time.ts";
import { timeval } from "./time.ts";

/** Values of `remap_file_path_entry.remap_type`: how a restore finds a file that has no path. */
export const remapType = {
  LINKED: 0,
  GHOST: 1,
  PROCFS: 2,
} as const;

/** A file opened by its path. (CRIU: images/regfile.proto) */
export interface RegFileEntry extends Unknowns {
  readonly id: number;
  /** Open flags. */
  readonly flags: number;
  readonly pos: bigint;
  readonly fown: FownEntry;
  /** Path from the root of its mount namespace. */
  readonly name: string;
  /** `-1` when absent. */
  readonly mnt_id?: number;
  /** The size in bytes at the time of the dump. */
  readonly size?: bigint;
  readonly ext?: boolean;
  readonly mode?: number;
  readonly build_id: readonly number[];
  readonly checksum?: number;
  readonly checksum_config?: number;
  readonly checksum_parameter?: number;
}

/** The message type of {@link RegFileEntry}. */
export const regFileEntry: Message<RegFileEntry> = message("reg_file_entry", () => ({
  id: uint32(1, required),
  flags: uint32(2, required),
  pos: uint64(3, required),
  fown: embedded(5, fownEntry, required),
  name: string(6, required),
  mnt_id: sint32(7),
  size: uint64(8),
  ext: bool(9),
  mode: uint32(10),
  build_id: uint32(11, repeated),
  checksum: uint32(12),
  checksum_config: uint32(13),
  checksum_parameter: uint32(14),
}));

/** The file type of {@link RegFileEntry}. */
export const regularFile: FileType<RegFileEntry, "REG", "reg", "reg_files"> = new FileType({
  message: regFileEntry,
  type: ["REG", 1],
  member: ["reg", 3],
  image: ["reg_files", "reg-files.img", 0x50363636],
});

/** How a restore finds a file that has no path. (CRIU: images/remap-file-path.proto) */
export interface RemapFilePathEntry extends Unknowns {
  /** `file_entry.id`. */
  readonly orig_id: number;
  /** Linked: `file_entry.id`; ghost: number of the ghost-file image; procfs: a pid. */
  readonly remap_id: number;
  readonly remap_type?: number;
}

/** The message type of {@link RemapFilePathEntry}. */
export const remapFilePathEntry: Message<RemapFilePathEntry> = message("remap_file_path_entry", () => ({
  orig_id: uint32(1, required),
  remap_id: uint32(2, required),
  remap_type: enumeration(3),
}));

/** A file that was deleted but is still open; its content follows in the image. (CRIU: images/ghost-file.proto) */
export interface GhostFileEntry extends Unknowns {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly dev?: number;
  readonly ino?: bigint;
  readonly rdev?: number;
  readonly atim?: Timeval;
  readonly mtim?: Timeval;
  /** Whether the content has holes and follows as chunks. */
  readonly chunks?: boolean;
  /** Bytes. */
  readonly size?: bigint;
  readonly symlnk_target?: string;
}

/** The message type of {@link GhostFileEntry}. */
export const ghostFileEntry: Message<GhostFileEntry> = message("ghost_file_entry", () => ({
  uid: uint32(1, required),
  gid: uint32(2, required),
  mode: uint32(3, required),
  dev: uint32(4),
  ino: uint64(5),
  rdev: uint32(6),
  atim: embedded(7, timeval),
  mtim: embedded(8, timeval),
  chunks: bool(9),
  size: uint64(10),
  symlnk_target: string(11),
}));

/** A part of the content of a ghost file with holes. (CRIU: images/ghost-file.proto) */
export interface GhostChunkEntry extends Unknowns {
  /** Bytes. */
  readonly len: bigint;
  /** Offset in the file. */
  readonly off: bigint;
}

/** The message type of {@link GhostChunkEntry}. */
export const ghostChunkEntry: Message<GhostChunkEntry> = message("ghost_chunk_entry", () => ({
  len: uint64(1, required),
  off: uint64(2, required),
}));

/** An open file description of a memfd. (CRIU: images/memfd.proto) */
export interface MemfdFileEntry extends Unknowns {
  readonly id: number;
  readonly flags: number;
  readonly pos: bigint;
  readonly fown: FownEntry;
  readonly inode_id: number;
}

/** The message type of {@link MemfdFileEntry}. */
export const memfdFileEntry: Message<MemfdFileEntry> = message("memfd_file_entry", () => ({
  id: uint32(1, required),
  flags: uint32(2, required),
  pos: uint64(3, required),
  fown: embedded(4, fownEntry, required),
  inode_id: uint32(5, required),
}));

/** The file type of {@link MemfdFileEntry}. */
export const memfdFile: FileType<MemfdFileEntry, "MEMFD", "memfd"> = new FileType({
  message: memfdFileEntry,
  type: ["MEMFD", 18],
  member: ["memfd", 20],
});

/** A memfd; its content is a shared memory segment. (CRIU: images/memfd.proto) */
export interface MemfdInodeEntry extends Unknowns {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly size: bigint;
  /** The number of the pagemap-shmem image. */
  readonly shmid: number;
  readonly seals: number;
  readonly inode_id: bigint;
  readonly hugetlb_flag?: number;
  readonly mode?: number;
}

/** The message type of {@link MemfdInodeEntry}. */
export const memfdInodeEntry: Message<MemfdInodeEntry> = message("memfd_inode_entry", () => ({
  name: string(1, required),
  uid: uint32(2, required),
  gid: uint32(3, required),
  size: uint64(4, required),
  shmid: uint32(5, required),
  seals: uint32(6, required),
  inode_id: uint64(7, required),
  hugetlb_flag: uint32(8),
  mode: uint32(9),
}));

/** An open file description that a plugin restores. (CRIU: images/ext-file.proto) */
export interface ExtFileEntry extends Unknowns {
  readonly id: number;
  readonly fown: FownEntry;
}

/** The message type of {@link ExtFileEntry}. */
export const extFileEntry: Message<ExtFileEntry> = message("ext_file_entry", () => ({
  id: uint32(1, required),
  fown: embedded(5, fownEntry, required),
}));

/** The file type of {@link ExtFileEntry}. */
export const externalFile: FileType<ExtFileEntry, "EXT", "ext", "ext_files"> = new FileType({
  message: extFileEntry,
  type: ["EXT", 16],
  member: ["ext", 15],
  image: ["ext_files", "ext-files.img", 0x59255641],
});

/** An open file description of a namespace. (CRIU: images/ns.proto) */
export interface NsFileEntry extends Unknowns {
  readonly id: number;
  readonly ns_id: number;
  readonly ns_cflag: number;
  readonly flags: number;
}

/** The message type of {@link NsFileEntry}. */
export const nsFileEntry: Message<NsFileEntry> = message("ns_file_entry", () => ({
  id: uint32(1, required),
  ns_id: uint32(2, required),
  ns_cflag: uint32(3, required),
  flags: uint32(4, required),
}));

/** The file type of {@link NsFileEntry}. */
export const namespaceFile: FileType<NsFileEntry, "NS", "nsf", "ns_files"> = new FileType({
  message: nsFileEntry,
  type: ["NS", 14],
  member: ["nsf", 5],
  image: ["ns_files", "ns-files.img", 0x61394011],
});
