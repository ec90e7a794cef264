/** Options of SOL_IPV6. Source: include/uapi/linux/in6.h. */
export const IPV6 = { V6ONLY: 26, HDRINCL: 36, RECVPKTINFO: 49, FREEBIND: 78 } as const;
