/** struct ndmsg: offsets of its members. Source: include/uapi/linux/neighbour.h. */
export const NDMSG = { size: 12, ndm_family: 0, ndm_ifindex: 4, ndm_state: 8, ndm_flags: 10, ndm_type: 11 } as const;

/** States of a neighbour. Source: include/uapi/linux/neighbour.h. */
export const NUD = { NOARP: 0x40, PERMANENT: 0x80 } as const;

/** Flags of a neighbour. Source: include/uapi/linux/neighbour.h. */
export const NTF = { SELF: 2, MASTER: 4, PROXY: 8, EXT_LEARNED: 0x10 } as const;

/** Attributes of a neighbour. Source: include/uapi/linux/neighbour.h. */
export const NDA = { DST: 1, LLADDR: 2, VLAN: 5, MASTER: 9, PROTOCOL: 12, FLAGS_EXT: 15 } as const;
