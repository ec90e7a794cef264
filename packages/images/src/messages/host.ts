/**
 * The dumping host: its processor, and statistics of runs.
 *
 * @module
 */
import { embedded, enumeration, repeated, required, string, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** Values of `cpuinfo_x86_entry.vendor_id`. */
export const cpuVendor = {
  UNKNOWN: 0,
  INTEL: 1,
  AMD: 2,
} as const;

/** Values of `cpuinfo_ppc64_entry.endian`. */
export const cpuEndianness = {
  BIGENDIAN: 0,
  LITTLEENDIAN: 1,
} as const;

function cpuinfoX86EntryFields() {
  return {
    vendor_id: enumeration(1, required),
    cpu_family: uint32(2, required),
    model: uint32(3, required),
    stepping: uint32(4, required),
    capability_ver: uint32(5, required),
    capability: uint32(6, repeated),
    model_id: string(7),
    xfeatures_mask: uint64(8),
    xsave_size: uint32(9),
    xsave_size_max: uint32(10),
  };
}
/** An x86 processor. (CRIU: images/cpuinfo.proto) */
export interface CpuinfoX86Entry extends ValueOfFields<ReturnType<typeof cpuinfoX86EntryFields>> {}
/** Type of {@link CpuinfoX86Entry}. */
export const cpuinfoX86Entry: Message<CpuinfoX86Entry> = message("cpuinfo_x86_entry", cpuinfoX86EntryFields);

function cpuinfoPpc64EntryFields() {
  return {
    endian: enumeration(1, required),
    hwcap: uint64(2, repeated),
  };
}
/** A POWER processor. (CRIU: images/cpuinfo.proto) */
export interface CpuinfoPpc64Entry extends ValueOfFields<ReturnType<typeof cpuinfoPpc64EntryFields>> {}
/** Type of {@link CpuinfoPpc64Entry}. */
export const cpuinfoPpc64Entry: Message<CpuinfoPpc64Entry> = message("cpuinfo_ppc64_entry", cpuinfoPpc64EntryFields);

function cpuinfoS390EntryFields() {
  return {
    hwcap: uint64(2, repeated),
  };
}
/** An IBM Z processor. (CRIU: images/cpuinfo.proto) */
export interface CpuinfoS390Entry extends ValueOfFields<ReturnType<typeof cpuinfoS390EntryFields>> {}
/** Type of {@link CpuinfoS390Entry}. */
export const cpuinfoS390Entry: Message<CpuinfoS390Entry> = message("cpuinfo_s390_entry", cpuinfoS390EntryFields);

function cpuinfoEntryFields() {
  return {
    x86_entry: embedded(1, cpuinfoX86Entry, repeated),
    ppc64_entry: embedded(2, cpuinfoPpc64Entry, repeated),
    s390_entry: embedded(3, cpuinfoS390Entry, repeated),
  };
}
/** Processor of the dumping host. (CRIU: images/cpuinfo.proto) */
export interface CpuinfoEntry extends ValueOfFields<ReturnType<typeof cpuinfoEntryFields>> {}
/** Type of {@link CpuinfoEntry}. */
export const cpuinfoEntry: Message<CpuinfoEntry> = message("cpuinfo_entry", cpuinfoEntryFields);

function dumpStatsEntryFields() {
  return {
    freezing_time: uint32(1, required),
    frozen_time: uint32(2, required),
    memdump_time: uint32(3, required),
    memwrite_time: uint32(4, required),
    pages_scanned: uint64(5, required),
    pages_skipped_parent: uint64(6, required),
    pages_written: uint64(7, required),
    irmap_resolve: uint32(8),
    pages_lazy: uint64(9, required),
    page_pipes: uint64(10),
    page_pipe_bufs: uint64(11),
    shpages_scanned: uint64(12),
    shpages_skipped_parent: uint64(13),
    shpages_written: uint64(14),
  };
}
/** Statistics of a dump. Times are microseconds. (CRIU: images/stats.proto) */
export interface DumpStatsEntry extends ValueOfFields<ReturnType<typeof dumpStatsEntryFields>> {}
/** Type of {@link DumpStatsEntry}. */
export const dumpStatsEntry: Message<DumpStatsEntry> = message("dump_stats_entry", dumpStatsEntryFields);

function restoreStatsEntryFields() {
  return {
    pages_compared: uint64(1, required),
    pages_skipped_cow: uint64(2, required),
    forking_time: uint32(3, required),
    restore_time: uint32(4, required),
    pages_restored: uint64(5),
  };
}
/** Statistics of a restore. Times are microseconds. (CRIU: images/stats.proto) */
export interface RestoreStatsEntry extends ValueOfFields<ReturnType<typeof restoreStatsEntryFields>> {}
/** Type of {@link RestoreStatsEntry}. */
export const restoreStatsEntry: Message<RestoreStatsEntry> = message("restore_stats_entry", restoreStatsEntryFields);

function statsEntryFields() {
  return {
    dump: embedded(1, dumpStatsEntry),
    restore: embedded(2, restoreStatsEntry),
  };
}
/** Statistics of a run. (CRIU: images/stats.proto) */
export interface StatsEntry extends ValueOfFields<ReturnType<typeof statsEntryFields>> {}
/** Type of {@link StatsEntry}. */
export const statsEntry: Message<StatsEntry> = message("stats_entry", statsEntryFields);
