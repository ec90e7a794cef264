/** struct ifaddrmsg: offsets of its members. Source: include/uapi/linux/if_addr.h. */
export const IFADDRMSG = { size: 8, ifa_flags: 2, ifa_scope: 3 } as const;

/** Attributes of an address. Source: include/uapi/linux/if_addr.h. */
export const IFA = { FLAGS: 8 } as const;

/** Flags of an address. Source: include/uapi/linux/if_addr.h. */
export const IFA_F = { NODAD: 2 } as const;
