/**
 * Address spaces: mappings, layout and pages.
 *
 * @module
 */
import { bool, embedded, int32, repeated, required, sint64, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** A mapping of an address space. (CRIU: images/vma.proto) */
export interface VmaEntry extends Unknowns {
  readonly start: bigint;
  /** First address after the mapping. */
  readonly end: bigint;
  /** Offset in the file, in bytes. */
  readonly pgoff: bigint;
  /** File mapping: `file_entry.id`; shared memory: segment id. */
  readonly shmid: bigint;
  /** `PROT_*`. */
  readonly prot: number;
  /** `MAP_*`. */
  readonly flags: number;
  /** {@link vmaStatus}. */
  readonly status: number;
  /** -1 in images. */
  readonly fd: bigint;
  /** Bit n stands for `madvise(n)`. */
  readonly madv?: bigint;
  /** Open flags of the mapped file. */
  readonly fdflags?: number;
}

/** The message type of {@link VmaEntry}. */
export const vmaEntry: Message<VmaEntry> = message("vma_entry", () => ({
  start: uint64(1, required),
  end: uint64(2, required),
  pgoff: uint64(3, required),
  shmid: uint64(4, required),
  prot: uint32(5, required),
  flags: uint32(6, required),
  status: uint32(7, required),
  fd: sint64(8, required),
  madv: uint64(9),
  fdflags: uint32(10),
}));

/** An asynchronous I/O context. (CRIU: images/mm.proto) */
export interface AioRingEntry extends Unknowns {
  /** Address of the ring. */
  readonly id: bigint;
  readonly nr_req: number;
  /** Bytes. */
  readonly ring_len: number;
}

/** The message type of {@link AioRingEntry}. */
export const aioRingEntry: Message<AioRingEntry> = message("aio_ring_entry", () => ({
  id: uint64(1, required),
  nr_req: uint32(2, required),
  ring_len: uint32(3, required),
}));

/** An address space. Addresses are those of `/proc/PID/stat` and `prctl(PR_SET_MM)`. (CRIU: images/mm.proto) */
export interface MmEntry extends Unknowns {
  readonly mm_start_code: bigint;
  readonly mm_end_code: bigint;
  readonly mm_start_data: bigint;
  readonly mm_end_data: bigint;
  readonly mm_start_stack: bigint;
  readonly mm_start_brk: bigint;
  readonly mm_brk: bigint;
  readonly mm_arg_start: bigint;
  readonly mm_arg_end: bigint;
  readonly mm_env_start: bigint;
  readonly mm_env_end: bigint;
  /** `file_entry.id`. */
  readonly exe_file_id: number;
  /** Alternating types and values. */
  readonly mm_saved_auxv: readonly bigint[];
  readonly vmas: readonly VmaEntry[];
  readonly dumpable?: number;
  readonly aios: readonly AioRingEntry[];
  readonly thp_disabled?: boolean;
}

/** The message type of {@link MmEntry}. */
export const mmEntry: Message<MmEntry> = message("mm_entry", () => ({
  mm_start_code: uint64(1, required),
  mm_end_code: uint64(2, required),
  mm_start_data: uint64(3, required),
  mm_end_data: uint64(4, required),
  mm_start_stack: uint64(5, required),
  mm_start_brk: uint64(6, required),
  mm_brk: uint64(7, required),
  mm_arg_start: uint64(8, required),
  mm_arg_end: uint64(9, required),
  mm_env_start: uint64(10, required),
  mm_env_end: uint64(11, required),
  exe_file_id: uint32(12, required),
  mm_saved_auxv: uint64(13, repeated),
  vmas: embedded(14, vmaEntry, repeated),
  dumpable: int32(15),
  aios: embedded(16, aioRingEntry, repeated),
  thp_disabled: bool(17),
}));

/** The first entry of a pagemap image, which names its pages image. (CRIU: images/pagemap.proto) */
export interface PagemapHead extends Unknowns {
  /** The number of the pages image. */
  readonly pages_id: number;
}

/** The message type of {@link PagemapHead}. */
export const pagemapHead: Message<PagemapHead> = message("pagemap_head", () => ({
  pages_id: uint32(1, required),
}));

/** A run of pages of an address space or of a shared memory segment. (CRIU: images/pagemap.proto) */
export interface PagemapEntry extends Unknowns {
  /** Address, or offset in the segment. */
  readonly vaddr: bigint;
  /** Used if `nr_pages` is absent. */
  readonly compat_nr_pages: number;
  /** Used if `flags` is absent. */
  readonly in_parent?: boolean;
  /** {@link pageFlags}. */
  readonly flags?: number;
  readonly nr_pages?: bigint;
}

/** The message type of {@link PagemapEntry}. */
export const pagemapEntry: Message<PagemapEntry> = message("pagemap_entry", () => ({
  vaddr: uint64(1, required),
  compat_nr_pages: uint32(2, required),
  in_parent: bool(3),
  flags: uint32(4),
  nr_pages: uint64(5),
}));
