import { addressOf, type DumpContext, definePlugin, type OpenFile, type Plugin, struct } from "@restage/core";
import { fdTypes } from "@restage/images";
import { BPF, BPF_MAP_INFO, BPF_MAP_TYPE, BPF_OBJ_NAME_LEN, ERRNO } from "@restage/linux/abi";
import { cString } from "../../c-string.ts";
import { room } from "../../room.ts";
import { ownerOf } from "../file-owner/owner-of.ts";

const TYPES: readonly number[] = [BPF_MAP_TYPE.HASH, BPF_MAP_TYPE.ARRAY];

/** Saves BPF maps (hashes and arrays) with their content. Requires CAP_SYS_ADMIN. */
export function bpfMaps(): Plugin {
  return definePlugin({
    name: "bpf-maps",
    duty: "bpf-maps",
    phases: { inspect: "describes BPF maps; refuses other types than hashes and arrays", write: "saves their content" },
    dump({ phases, describeFile }) {
      const maps = new Map<number, MapInfo>();
      describeFile.tap("bpf-maps", (file, context) => {
        if (file.link !== "anon_inode:bpf-map" || file.descriptor === undefined) return undefined;
        const info = readInfo(file);
        if (!TYPES.includes(info.map_type)) {
          const why = `it has type ${info.map_type}, and only hashes and arrays are saved`;
          context.findings.refuse({ what: file.link, why, pid: file.task.pid });
        }
        maps.set(info.map_id, info);
        const { id, flags, position: pos, descriptor } = file;
        const fown = ownerOf(file, context);
        return { type: fdTypes.BPFMAP, bpf: { id, flags, pos, fown, ...info, ...readName(context, descriptor) } };
      });
      phases.write.tree.tap("bpf-maps", (_tree, context) => {
        for (const map of maps.values()) saveContent(context, map);
      });
    },
  });
}

interface MapInfo {
  readonly map_type: number;
  readonly key_size: number;
  readonly value_size: number;
  readonly map_id: number;
  readonly max_entries: number;
  readonly map_flags: number;
  readonly memlock: bigint;
  readonly frozen: boolean;
  readonly map_extra: bigint;
}

/** The fields of a map in /proc. */
function readInfo({ info }: OpenFile): MapInfo {
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\w+)`, "m").exec(info)?.[1] ?? "0";
  return {
    map_type: Number(field("map_type")),
    key_size: Number(field("key_size")),
    value_size: Number(field("value_size")),
    map_id: Number(field("map_id")),
    max_entries: Number(field("max_entries")),
    map_flags: Number(field("map_flags")),
    memlock: BigInt(field("memlock")),
    frozen: field("frozen") === "1",
    map_extra: BigInt(field("map_extra")),
  };
}

function readName({ host }: DumpContext, map: number): { readonly map_name: string; readonly ifindex: number } {
  const size = BPF_MAP_INFO.ifindex + 4;
  const info = room(size);
  const request = struct([4, map], [4, size], [8, addressOf(info.data)]);
  host.call.bpf(BPF.OBJ_GET_INFO_BY_FD, request, request.bytes.length);
  return {
    map_name: cString(info.data.bytes.subarray(BPF_MAP_INFO.name, BPF_MAP_INFO.name + BPF_OBJ_NAME_LEN)),
    ifindex: info.view.getUint32(BPF_MAP_INFO.ifindex, true),
  };
}

/** Reads all keys and values with a new descriptor, because that of the tree can be write-only. */
function saveContent({ host, images }: DumpContext, { map_id, key_size, value_size, max_entries }: MapInfo): void {
  const { call } = host;
  const map = call.bpf(BPF.MAP_GET_FD_BY_ID, struct([4, map_id], [4, 0], [4, 0]), 12).result;
  try {
    const keys = room(key_size * max_entries);
    const values = room(value_size * max_entries);
    const after = room(Math.max(8, key_size));
    // Member `batch` of union bpf_attr.
    const addresses = [
      [8, 0],
      [8, addressOf(after.data)],
      [8, addressOf(keys.data)],
      [8, addressOf(values.data)],
    ] as const;
    const batch = { ...struct(...addresses, [4, max_entries], [4, map], [8, 0], [8, 0]), output: true };
    // ENOENT is the end of the map.
    const result = host.attempt("bpf", BPF.MAP_LOOKUP_BATCH, batch, batch.bytes.length);
    if (result < 0 && result !== -ERRNO.ENOENT) call.bpf(BPF.MAP_LOOKUP_BATCH, batch, batch.bytes.length);
    const count = new DataView(batch.bytes.buffer).getUint32(COUNT, true);
    const part = (bytes: Uint8Array, size: number) => bytes.slice(0, size * count);
    const content = { keys: part(keys.data.bytes, key_size), values: part(values.data.bytes, value_size) };
    const value = { map_id, keys_bytes: content.keys.length, values_bytes: content.values.length, count };
    images.add("bpfmap_data", undefined, { value, extra: content });
  } finally {
    call.close(map);
  }
}

/** The offset of the count in member `batch`. */
const COUNT = 32;
