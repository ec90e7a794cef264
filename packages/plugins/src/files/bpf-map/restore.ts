import {
  addressOf,
  data,
  definePlugin,
  giveCapability,
  loaded,
  output,
  type Plan,
  type Plugin,
  struct,
  type Task,
  type Value,
} from "@restage/core";
import type { BpfmapFileEntry, Entry } from "@restage/images";
import {
  BPF,
  BPF_F,
  BPF_MAP_CREATE_ATTR,
  BPF_MAP_INFO,
  BPF_MAP_TYPE,
  BPF_OBJ_NAME_LEN,
  F,
  O,
  SETTABLE_FLAGS,
} from "@restage/linux/abi";

const TYPES: ReadonlySet<number> = new Set([BPF_MAP_TYPE.HASH, BPF_MAP_TYPE.ARRAY]);

/** Bytes of struct bpf_map_info up to its id. */
const INFO_SIZE = BPF_MAP_INFO.id + 4;

/**
 * RESTORE: creates BPF maps (hashes and arrays) with their content, and freezes those that were frozen. Open file descriptions that shared a map
 * share it again.
 *
 * Requires CAP_BPF, unless the kernel allows unprivileged maps.
 */
export function bpfMaps(): Plugin {
  return definePlugin({
    name: "bpf-maps",
    duty: "bpf-maps",
    stages: { RESTORE: "creates BPF maps with their content" },
    apply({ plan, openFile, fileGroup }) {
      /** The new ids of the maps, by their ids at the checkpoint. */
      const made = new Map<number, Value>();
      plan.tap("bpf-maps", checkMaps);
      fileGroup.for("BPFMAP").tap("bpf-maps", ({ bpf }) => (bpf === undefined ? undefined : `BPF map ${bpf.map_id}`));
      openFile.for("BPFMAP").tap("bpf-maps", ({ task, entry: { bpf }, images }) => {
        if (bpf === undefined) return undefined;
        const access = bpf.flags & O.ACCMODE;
        const known = made.get(bpf.map_id);
        if (known !== undefined) return withFlags(task, openMap(task, known, access), bpf);
        const map = makeMap(task, bpf, images.entries("bpfmap_data"));
        const id = idOf(task, map);
        made.set(bpf.map_id, id);
        if (access === O.RDWR) return withFlags(task, map, bpf);
        const restricted = openMap(task, id, access);
        task.call.close(map);
        return withFlags(task, restricted, bpf);
      });
    },
  });
}

function makeMap(task: Task, entry: BpfmapFileEntry, contents: readonly Entry<"bpfmap_data">[]): Value {
  const { map_type, key_size, value_size, max_entries, map_flags, map_name, ifindex, map_extra, frozen } = entry;
  const attributes = new Uint8Array(BPF_MAP_CREATE_ATTR.size);
  const view = new DataView(attributes.buffer);
  [map_type, key_size, value_size, max_entries, map_flags].forEach((word, index) => {
    view.setUint32(4 * index, word, true);
  });
  attributes.set(new TextEncoder().encode(map_name).subarray(0, BPF_OBJ_NAME_LEN - 1), BPF_MAP_CREATE_ATTR.map_name);
  view.setUint32(BPF_MAP_CREATE_ATTR.map_ifindex, ifindex, true);
  view.setBigUint64(BPF_MAP_CREATE_ATTR.map_extra, map_extra ?? 0n, true);
  const map = task.call.bpf(BPF.MAP_CREATE, attributes, attributes.length).hint(giveCapability("CAP_BPF"));
  const content = contents.find(({ value }) => value.map_id === entry.map_id);
  if (content !== undefined && content.value.count > 0) fillMap(task, map, content);
  if (frozen) task.call.bpf(BPF.MAP_FREEZE, struct([4, map]), 4);
  return map;
}

/** Member `batch` of union bpf_attr. */
function fillMap(task: Task, map: Value, { value, extra }: Entry<"bpfmap_data">): void {
  const none = [8, 0] as const;
  const keys = [8, addressOf(data(extra.keys))] as const;
  const values = [8, addressOf(data(extra.values))] as const;
  const batch = struct(none, none, keys, values, [4, value.count], [4, map], none, none);
  task.call.bpf(BPF.MAP_UPDATE_BATCH, batch, batch.bytes.length);
}

/** The id that the kernel gave a map. */
function idOf(task: Task, map: Value): Value {
  const info = output(INFO_SIZE);
  const request = struct([4, map], [4, INFO_SIZE], [8, addressOf(info)]);
  task.call.bpf(BPF.OBJ_GET_INFO_BY_FD, request, request.bytes.length);
  return loaded(info, BPF_MAP_INFO.id, 4);
}

/** Another open file description of a map. Requires CAP_SYS_ADMIN. */
function openMap(task: Task, id: Value, access: number): Value {
  const flags = access === O.RDONLY ? BPF_F.RDONLY : access === O.WRONLY ? BPF_F.WRONLY : 0;
  return task.call
    .bpf(BPF.MAP_GET_FD_BY_ID, struct([4, id], [4, 0], [4, flags]), 12)
    .hint(giveCapability("CAP_SYS_ADMIN"));
}

function withFlags(task: Task, map: Value, { flags }: BpfmapFileEntry): Value {
  const settable = flags & SETTABLE_FLAGS;
  if (settable !== 0) task.call.fcntl(map, F.SETFL, settable);
  return map;
}

function checkMaps(plan: Plan): void {
  const maps = [...plan.images.files.values()].flatMap(({ bpf }) => bpf ?? []);
  for (const { map_type, map_name, map_id, ifindex } of maps) {
    const what = `BPF map ${map_name || map_id}`;
    if (!TYPES.has(map_type))
      plan.refuse({ what, why: `Restage restores hashes and arrays, but not maps of type ${map_type}` });
    if (ifindex !== 0) plan.refuse({ what, why: `it is on network device ${ifindex} (offloaded)` });
  }
  // Finds a damaged image before any task exists.
  if (maps.length > 0) plan.images.entries("bpfmap_data");
}
