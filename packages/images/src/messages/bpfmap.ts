/**
 * BPF maps.
 *
 * @module
 */
import { FileType } from "../file-type.ts";
import { bool, embedded, required, sint32, string, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { FownEntry } from "./file-owner.ts";
import { fownEntry } from "./file-owner.ts";

/** An open file description of a BPF map. (CRIU: images/bpfmap-file.proto) */
export interface BpfmapFileEntry extends Unknowns {
  readonly id: number;
  readonly flags: number;
  readonly pos: bigint;
  readonly fown: FownEntry;
  readonly map_type: number;
  readonly key_size: number;
  readonly value_size: number;
  readonly map_id: number;
  readonly max_entries: number;
  readonly map_flags: number;
  readonly memlock: bigint;
  /** `false` when absent. */
  readonly frozen: boolean;
  readonly map_name: string;
  /** `0` when absent. */
  readonly ifindex: number;
  /** `-1` when absent. */
  readonly mnt_id?: number;
  readonly map_extra?: bigint;
}

/** The message type of {@link BpfmapFileEntry}. */
export const bpfmapFileEntry: Message<BpfmapFileEntry> = message("bpfmap_file_entry", () => ({
  id: uint32(1, required),
  flags: uint32(2, required),
  pos: uint64(3, required),
  fown: embedded(4, fownEntry, required),
  map_type: uint32(5, required),
  key_size: uint32(6, required),
  value_size: uint32(7, required),
  map_id: uint32(8, required),
  max_entries: uint32(9, required),
  map_flags: uint32(10, required),
  memlock: uint64(11, required),
  frozen: bool(12, required),
  map_name: string(13, required),
  ifindex: uint32(14, required),
  mnt_id: sint32(15),
  map_extra: uint64(16),
}));

/** The file type of {@link BpfmapFileEntry}. */
export const bpfmapFile: FileType<BpfmapFileEntry, "BPFMAP", "bpf", "bpfmap_file"> = new FileType({
  message: bpfmapFileEntry,
  type: ["BPFMAP", 19],
  member: ["bpf", 21],
  image: ["bpfmap_file", "bpfmap-file.img", 0x57506142],
});

/** Content of a BPF map; keys, then values follow in the image. (CRIU: images/bpfmap-data.proto) */
export interface BpfmapDataEntry extends Unknowns {
  readonly map_id: number;
  /** The number of bytes of the keys, which follow. */
  readonly keys_bytes: number;
  /** The number of bytes of the values, which follow the keys. */
  readonly values_bytes: number;
  readonly count: number;
}

/** The message type of {@link BpfmapDataEntry}. */
export const bpfmapDataEntry: Message<BpfmapDataEntry> = message("bpfmap_data_entry", () => ({
  map_id: uint32(1, required),
  keys_bytes: uint32(2, required),
  values_bytes: uint32(3, required),
  count: uint32(4, required),
}));
