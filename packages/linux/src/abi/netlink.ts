/** State of a netlink socket with a destination. Source: include/uapi/linux/netlink.h. */
export const NETLINK_CONNECTED = 1;

/** Protocols of netlink sockets. Source: include/uapi/linux/netlink.h. */
export const NETLINK = { ROUTE: 0, SOCK_DIAG: 4, NETFILTER: 12 } as const;

/** Bytes of struct nlmsghdr. Source: include/uapi/linux/netlink.h. */
export const NLMSGHDR_SIZE = 16;

/** Flags of a netlink message. Source: include/uapi/linux/netlink.h. */
export const NLM_F = {
  REQUEST: 1,
  ACK: 4,
  DUMP: 0x300,
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
  APPEND: 0x800,
} as const;

/** Types of netlink messages. Source: include/uapi/linux/netlink.h. */
export const NLMSG = { ERROR: 2, DONE: 3 } as const;

/** The flag of an attribute that holds others. Source: include/uapi/linux/netlink.h. */
export const NLA_F_NESTED = 0x8000;

/** The type of an attribute without its flags. Source: include/uapi/linux/netlink.h. */
export const NLA_TYPE_MASK = 0x3fff;

/** Options of SOL_NETLINK. Source: include/uapi/linux/netlink.h. */
export const NETLINK_OPTION = {
  PKTINFO: 3,
  BROADCAST_ERROR: 4,
  NO_ENOBUFS: 5,
  LISTEN_ALL_NSID: 8,
  CAP_ACK: 10,
  EXT_ACK: 11,
  GET_STRICT_CHK: 12,
} as const;
