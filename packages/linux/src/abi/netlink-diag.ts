/** What netlink_diag_req asks for. Source: include/uapi/linux/netlink_diag.h. */
export const NDIAG_SHOW = { MEMINFO: 1, GROUPS: 2 } as const;

/** Sockets of all protocols. Source: include/uapi/linux/netlink_diag.h. */
export const NDIAG_PROTO_ALL = 255;

/** Attributes of netlink_diag_msg. Source: include/uapi/linux/netlink_diag.h. */
export const NETLINK_DIAG = { MEMINFO: 0, GROUPS: 1 } as const;

/** struct netlink_diag_req: offsets of its members. Source: include/uapi/linux/netlink_diag.h. */
export const NETLINK_DIAG_REQ = { size: 20, sdiag_family: 0, sdiag_protocol: 1, ndiag_show: 8 } as const;

/** struct netlink_diag_msg: offsets of its members. Source: include/uapi/linux/netlink_diag.h. */
export const NETLINK_DIAG_MSG = {
  size: 28,
  ndiag_protocol: 2,
  ndiag_state: 3,
  ndiag_portid: 4,
  ndiag_dst_portid: 8,
  ndiag_dst_group: 12,
  ndiag_ino: 16,
} as const;
