/**
 * BPF maps.
 *
 * @module
 */
import { bool, embedded, required, sint32, string, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import { fownEntry } from "./file-owner.ts";

function bpfmapFileEntryFields() {
  return {
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
    /** `false` when absent. */
    frozen: bool(12, required),
    map_name: string(13, required),
    /** `0` when absent. */
    ifindex: uint32(14, required),
    /** `-1` when absent. */
    mnt_id: sint32(15),
    map_extra: uint64(16),
  };
}
/** An open description of a BPF map. (CRIU: images/bpfmap-file.proto) */
export interface BpfmapFileEntry extends ValueOfFields<ReturnType<typeof bpfmapFileEntryFields>> {}
/** Type of {@link BpfmapFileEntry}. */
export const bpfmapFileEntry: Message<BpfmapFileEntry> = message("bpfmap_file_entry", bpfmapFileEntryFields);

function bpfmapDataEntryFields() {
  return {
    map_id: uint32(1, required),
    /** Bytes of keys that follow. */
    keys_bytes: uint32(2, required),
    /** Bytes of values that follow the keys. */
    values_bytes: uint32(3, required),
    count: uint32(4, required),
  };
}
/** Content of a BPF map; keys, then values follow in the image. (CRIU: images/bpfmap-data.proto) */
export interface BpfmapDataEntry extends ValueOfFields<ReturnType<typeof bpfmapDataEntryFields>> {}
/** Type of {@link BpfmapDataEntry}. */
export const bpfmapDataEntry: Message<BpfmapDataEntry> = message("bpfmap_data_entry", bpfmapDataEntryFields);
