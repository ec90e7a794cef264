/** struct ifreq: its size, and the offset of an index or of flags. Source: include/uapi/linux/if.h. */
export const IFREQ = { size: 40, ifindex: 16, flags: 16 } as const;

/** Flags of a link. Source: include/uapi/linux/if.h. */
export const IFF = { UP: 1 } as const;
