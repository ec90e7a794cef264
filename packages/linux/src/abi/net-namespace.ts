/** Attributes of a network namespace's number. Source: include/uapi/linux/net_namespace.h. */
export const NETNSA = { NSID: 1, FD: 3 } as const;
