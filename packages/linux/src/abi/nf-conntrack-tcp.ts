/** Flags of one direction of a connection. Source: include/uapi/linux/netfilter/nf_conntrack_tcp.h. */
export const IP_CT_TCP_FLAG = { BE_LIBERAL: 8 } as const;
