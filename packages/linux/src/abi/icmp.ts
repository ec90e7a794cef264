/** The option that filters types of messages, of SOL_RAW and SOL_ICMPV6. Source: include/uapi/linux/icmp.h, icmpv6.h. */
export const ICMP_FILTER = 1;
