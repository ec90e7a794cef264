/**
 * Address spaces: mappings, layout, and where the pages are.
 *
 * @module
 */
import { bool, embedded, int32, repeated, required, sint64, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function vmaEntryFields() {
  return {
    start: uint64(1, required),
    /** First address after the mapping. */
    end: uint64(2, required),
    /** Offset in the file, in bytes. */
    pgoff: uint64(3, required),
    /** File mapping: `file_entry.id`; shared memory: segment id. */
    shmid: uint64(4, required),
    /** `PROT_*`. */
    prot: uint32(5, required),
    /** `MAP_*`. */
    flags: uint32(6, required),
    /** {@link vmaStatus}. */
    status: uint32(7, required),
    /** -1 in images. */
    fd: sint64(8, required),
    /** Bit n stands for `madvise(n)`. */
    madv: uint64(9),
    /** Open flags of the mapped file. */
    fdflags: uint32(10),
  };
}
/** A mapping of an address space. (CRIU: images/vma.proto) */
export interface VmaEntry extends ValueOfFields<ReturnType<typeof vmaEntryFields>> {}
/** Type of {@link VmaEntry}. */
export const vmaEntry: Message<VmaEntry> = message("vma_entry", vmaEntryFields);

function aioRingEntryFields() {
  return {
    /** Address of the ring. */
    id: uint64(1, required),
    nr_req: uint32(2, required),
    /** Bytes. */
    ring_len: uint32(3, required),
  };
}
/** An asynchronous I/O context. (CRIU: images/mm.proto) */
export interface AioRingEntry extends ValueOfFields<ReturnType<typeof aioRingEntryFields>> {}
/** Type of {@link AioRingEntry}. */
export const aioRingEntry: Message<AioRingEntry> = message("aio_ring_entry", aioRingEntryFields);

function mmEntryFields() {
  return {
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
    /** `file_entry.id`. */
    exe_file_id: uint32(12, required),
    /** Types and values in turn. */
    mm_saved_auxv: uint64(13, repeated),
    vmas: embedded(14, vmaEntry, repeated),
    dumpable: int32(15),
    aios: embedded(16, aioRingEntry, repeated),
    thp_disabled: bool(17),
  };
}
/** An address space. Addresses are those of `/proc/PID/stat` and `prctl(PR_SET_MM)`. (CRIU: images/mm.proto) */
export interface MmEntry extends ValueOfFields<ReturnType<typeof mmEntryFields>> {}
/** Type of {@link MmEntry}. */
export const mmEntry: Message<MmEntry> = message("mm_entry", mmEntryFields);

function pagemapHeadFields() {
  return {
    /** The number of the pages image. */
    pages_id: uint32(1, required),
  };
}
/** First entry of a pagemap image: which pages image belongs to it. (CRIU: images/pagemap.proto) */
export interface PagemapHead extends ValueOfFields<ReturnType<typeof pagemapHeadFields>> {}
/** Type of {@link PagemapHead}. */
export const pagemapHead: Message<PagemapHead> = message("pagemap_head", pagemapHeadFields);

function pagemapEntryFields() {
  return {
    /** Address, or offset in the segment. */
    vaddr: uint64(1, required),
    /** Counts when `nr_pages` is absent. */
    compat_nr_pages: uint32(2, required),
    /** Counts when `flags` is absent. */
    in_parent: bool(3),
    /** {@link pageFlags}. */
    flags: uint32(4),
    nr_pages: uint64(5),
  };
}
/** A run of pages of an address space or of a shared memory segment. (CRIU: images/pagemap.proto) */
export interface PagemapEntry extends ValueOfFields<ReturnType<typeof pagemapEntryFields>> {}
/** Type of {@link PagemapEntry}. */
export const pagemapEntry: Message<PagemapEntry> = message("pagemap_entry", pagemapEntryFields);
