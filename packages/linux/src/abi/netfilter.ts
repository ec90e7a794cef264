/** Families of netfilter. Source: include/uapi/linux/netfilter.h. */
export const NFPROTO = { INET: 1 } as const;
