/** State of a netlink socket with a destination. Source: include/uapi/linux/netlink.h. */
export const NETLINK_CONNECTED = 1;

/** Protocols of netlink sockets. Source: include/uapi/linux/netlink.h. */
export const NETLINK = { ROUTE: 0, SOCK_DIAG: 4, NETFILTER: 12 } as const;

/** Flags and types of netlink messages. Source: include/uapi/linux/netlink.h. */
export const NLM_F = {
  REQUEST: 1,
  ACK: 4,
  DUMP: 0x300,
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
  APPEND: 0x800,
} as const;
export const NLMSG = { ERROR: 2, DONE: 3 } as const;
