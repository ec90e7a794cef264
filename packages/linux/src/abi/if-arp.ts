/** Hardware types of links. Source: include/uapi/linux/if_arp.h. */
export const ARPHRD = { LOOPBACK: 772 } as const;
