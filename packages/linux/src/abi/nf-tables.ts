/** Types of messages. Source: include/uapi/linux/netfilter/nf_tables.h. */
export const NFT_MSG = { NEWTABLE: 0, DELTABLE: 2, NEWCHAIN: 3, NEWRULE: 6 } as const;

/** Attributes of a table. Source: include/uapi/linux/netfilter/nf_tables.h. */
export const NFTA_TABLE = { NAME: 1, FLAGS: 2 } as const;

/** Flags of a table. One with OWNER disappears with the socket that made it. Source: include/uapi/linux/netfilter/nf_tables.h. */
export const NFT_TABLE_F = { OWNER: 2 } as const;

/** Attributes of a chain, of its hook, and of a rule. Source: include/uapi/linux/netfilter/nf_tables.h. */
export const NFTA_CHAIN = { TABLE: 1, NAME: 3, HOOK: 4, POLICY: 5, TYPE: 7 } as const;
export const NFTA_HOOK = { HOOKNUM: 1, PRIORITY: 2 } as const;
export const NFTA_RULE = { TABLE: 1, CHAIN: 2, EXPRESSIONS: 4 } as const;

/** Attributes of expressions, and their values. Source: include/uapi/linux/netfilter/nf_tables.h. */
export const NFTA_LIST = { ELEM: 1 } as const;
export const NFTA_EXPR = { NAME: 1, DATA: 2 } as const;
export const NFTA_META = { DREG: 1, KEY: 2 } as const;
export const NFTA_CMP = { SREG: 1, OP: 2, DATA: 3 } as const;
export const NFTA_IMMEDIATE = { DREG: 1, DATA: 2 } as const;
export const NFTA_DATA = { VALUE: 1, VERDICT: 2 } as const;
export const NFTA_VERDICT = { CODE: 1 } as const;
export const NFT_REG = { VERDICT: 0, 1: 1 } as const;
export const NFT_META = { MARK: 3 } as const;
export const NFT_CMP = { EQ: 0 } as const;
