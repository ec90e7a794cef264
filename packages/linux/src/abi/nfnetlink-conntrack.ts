/** Messages about tracked connections. Source: include/uapi/linux/netfilter/nfnetlink_conntrack.h. */
export const IPCTNL_MSG_CT = { GET: 1 } as const;

/** Messages about expected connections. Source: include/uapi/linux/netfilter/nfnetlink_conntrack.h. */
export const IPCTNL_MSG_EXP = { GET: 1 } as const;

/** Attributes of a tracked connection. Source: include/uapi/linux/netfilter/nfnetlink_conntrack.h. */
export const CTA = { PROTOINFO: 4 } as const;

/** Attributes inside CTA_PROTOINFO. Source: include/uapi/linux/netfilter/nfnetlink_conntrack.h. */
export const CTA_PROTOINFO = { TCP: 1 } as const;

/** Attributes inside CTA_PROTOINFO_TCP. Source: include/uapi/linux/netfilter/nfnetlink_conntrack.h. */
export const CTA_PROTOINFO_TCP = { FLAGS_ORIGINAL: 4, FLAGS_REPLY: 5 } as const;
