/** Types of the messages around a batch. Source: include/uapi/linux/netfilter/nfnetlink.h. */
export const NFNL_MSG = { BATCH_BEGIN: 0x10, BATCH_END: 0x11 } as const;

/** Subsystems. Source: include/uapi/linux/netfilter/nfnetlink.h. */
export const NFNL_SUBSYS = { CTNETLINK: 1, CTNETLINK_EXP: 2, NFTABLES: 10 } as const;

/** Bytes of struct nfgenmsg. Source: include/uapi/linux/netfilter/nfnetlink.h. */
export const NFGENMSG_SIZE = 4;
