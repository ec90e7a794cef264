/**
 * The processor of the host of a dump, and statistics of runs.
 *
 * @module
 */
import { embedded, enumeration, repeated, required, string, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
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

/** An x86 processor. (CRIU: images/cpuinfo.proto) */
export interface CpuinfoX86Entry extends Unknowns {
  readonly vendor_id: number;
  readonly cpu_family: number;
  readonly model: number;
  readonly stepping: number;
  readonly capability_ver: number;
  readonly capability: readonly number[];
  readonly model_id?: string;
  readonly xfeatures_mask?: bigint;
  readonly xsave_size?: number;
  readonly xsave_size_max?: number;
}

/** The message type of {@link CpuinfoX86Entry}. */
export const cpuinfoX86Entry: Message<CpuinfoX86Entry> = message("cpuinfo_x86_entry", () => ({
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
}));

/** A POWER processor. (CRIU: images/cpuinfo.proto) */
export interface CpuinfoPpc64Entry extends Unknowns {
  readonly endian: number;
  readonly hwcap: readonly bigint[];
}

/** The message type of {@link CpuinfoPpc64Entry}. */
export const cpuinfoPpc64Entry: Message<CpuinfoPpc64Entry> = message("cpuinfo_ppc64_entry", () => ({
  endian: enumeration(1, required),
  hwcap: uint64(2, repeated),
}));

/** An IBM Z processor. (CRIU: images/cpuinfo.proto) */
export interface CpuinfoS390Entry extends Unknowns {
  readonly hwcap: readonly bigint[];
}

/** The message type of {@link CpuinfoS390Entry}. */
export const cpuinfoS390Entry: Message<CpuinfoS390Entry> = message("cpuinfo_s390_entry", () => ({
  hwcap: uint64(2, repeated),
}));

/** The processor of the host of the dump. (CRIU: images/cpuinfo.proto) */
export interface CpuinfoEntry extends Unknowns {
  readonly x86_entry: readonly CpuinfoX86Entry[];
  readonly ppc64_entry: readonly CpuinfoPpc64Entry[];
  readonly s390_entry: readonly CpuinfoS390Entry[];
}

/** The message type of {@link CpuinfoEntry}. */
export const cpuinfoEntry: Message<CpuinfoEntry> = message("cpuinfo_entry", () => ({
  x86_entry: embedded(1, cpuinfoX86Entry, repeated),
  ppc64_entry: embedded(2, cpuinfoPpc64Entry, repeated),
  s390_entry: embedded(3, cpuinfoS390Entry, repeated),
}));

/** Statistics of a dump. Times are microseconds. (CRIU: images/stats.proto) */
export interface DumpStatsEntry extends Unknowns {
  readonly freezing_time: number;
  readonly frozen_time: number;
  readonly memdump_time: number;
  readonly memwrite_time: number;
  readonly pages_scanned: bigint;
  readonly pages_skipped_parent: bigint;
  readonly pages_written: bigint;
  readonly irmap_resolve?: number;
  readonly pages_lazy: bigint;
  readonly page_pipes?: bigint;
  readonly page_pipe_bufs?: bigint;
  readonly shpages_scanned?: bigint;
  readonly shpages_skipped_parent?: bigint;
  readonly shpages_written?: bigint;
}

/** The message type of {@link DumpStatsEntry}. */
export const dumpStatsEntry: Message<DumpStatsEntry> = message("dump_stats_entry", () => ({
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
}));

/** Statistics of a restore. Times are microseconds. (CRIU: images/stats.proto) */
export interface RestoreStatsEntry extends Unknowns {
  readonly pages_compared: bigint;
  readonly pages_skipped_cow: bigint;
  readonly forking_time: number;
  readonly restore_time: number;
  readonly pages_restored?: bigint;
}

/** The message type of {@link RestoreStatsEntry}. */
export const restoreStatsEntry: Message<RestoreStatsEntry> = message("restore_stats_entry", () => ({
  pages_compared: uint64(1, required),
  pages_skipped_cow: uint64(2, required),
  forking_time: uint32(3, required),
  restore_time: uint32(4, required),
  pages_restored: uint64(5),
}));

/** Statistics of a run. (CRIU: images/stats.proto) */
export interface StatsEntry extends Unknowns {
  readonly dump?: DumpStatsEntry;
  readonly restore?: RestoreStatsEntry;
}

/** The message type of {@link StatsEntry}. */
export const statsEntry: Message<StatsEntry> = message("stats_entry", () => ({
  dump: embedded(1, dumpStatsEntry),
  restore: embedded(2, restoreStatsEntry),
}));
