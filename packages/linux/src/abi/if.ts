/** Of struct ifreq: its size, and where an index or flags stand. Source: include/uapi/linux/if.h. */
export const IFREQ = { size: 40, ifindex: 16, flags: 16 } as const;
