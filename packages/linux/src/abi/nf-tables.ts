/** Types of messages. Source: include/uapi/linux/netfilter/nf_tables.h. */
export const NFT_MSG = { DELTABLE: 2 } as const;

/** Attributes of a table. Source: include/uapi/linux/netfilter/nf_tables.h. */
export const NFTA_TABLE = { NAME: 1 } as const;
