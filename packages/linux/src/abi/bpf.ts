/** Commands of bpf(2). Source: include/uapi/linux/bpf.h, enum bpf_cmd. */
export const BPF = {
  MAP_CREATE: 0,
  MAP_GET_FD_BY_ID: 14,
  OBJ_GET_INFO_BY_FD: 15,
  MAP_FREEZE: 22,
  MAP_LOOKUP_BATCH: 24,
  MAP_UPDATE_BATCH: 26,
} as const;

/** Types of maps. Source: include/uapi/linux/bpf.h, enum bpf_map_type. */
export const BPF_MAP_TYPE = { HASH: 1, ARRAY: 2 } as const;

/** How a map may be used through a descriptor. Source: include/uapi/linux/bpf.h. */
export const BPF_F = { RDONLY: 8, WRONLY: 16 } as const;

/** Bytes of the name of a map, with the NUL at its end. Source: include/uapi/linux/bpf.h. */
export const BPF_OBJ_NAME_LEN = 16;

/** union bpf_attr of BPF_MAP_CREATE up to map_extra: offsets of its members. Source: include/uapi/linux/bpf.h. */
export const BPF_MAP_CREATE_ATTR = { size: 72, map_name: 28, map_ifindex: 44, map_extra: 64 } as const;

/** struct bpf_map_info: offsets of its members. Source: include/uapi/linux/bpf.h. */
export const BPF_MAP_INFO = { id: 4, map_flags: 20, name: 24, ifindex: 40 } as const;
