/** Families of netfilter. Source: include/uapi/linux/netfilter.h. */
export const NFPROTO = { INET: 1 } as const;

/** Verdicts. Source: include/uapi/linux/netfilter.h. */
export const NF = { DROP: 0, ACCEPT: 1 } as const;

/** Hooks of internet packets. Source: include/uapi/linux/netfilter.h. */
export const NF_INET = { LOCAL_IN: 1, LOCAL_OUT: 3 } as const;
