/** The message type of sock_diag(7). Source: include/uapi/linux/sock_diag.h. */
export const SOCK_DIAG_BY_FAMILY = 20;

/** What unix_diag_req asks for. Source: include/uapi/linux/unix_diag.h. */
export const UDIAG_SHOW = { NAME: 1, VFS: 2, PEER: 4, ICONS: 8, RQLEN: 16 } as const;

/** Attributes of unix_diag_msg. Source: include/uapi/linux/unix_diag.h. */
export const UNIX_DIAG = { NAME: 0, VFS: 1, PEER: 2, ICONS: 3, RQLEN: 4, MEMINFO: 5, SHUTDOWN: 6 } as const;

/** Attributes of inet_diag_msg. Source: include/uapi/linux/inet_diag.h. */
export const INET_DIAG = { SHUTDOWN: 8 } as const;

/** What netlink_diag_req asks for. Source: include/uapi/linux/netlink_diag.h. */
export const NDIAG_SHOW = { MEMINFO: 1, GROUPS: 2 } as const;

/** Attributes of netlink_diag_msg. Source: include/uapi/linux/netlink_diag.h. */
export const NETLINK_DIAG = { MEMINFO: 0, GROUPS: 1 } as const;
