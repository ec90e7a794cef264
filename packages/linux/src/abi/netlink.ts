/** State of a netlink socket with a destination. Source: include/uapi/linux/netlink.h. */
export const NETLINK_CONNECTED = 1;
