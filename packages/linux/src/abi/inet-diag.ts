/** Attributes of inet_diag_msg. Source: include/uapi/linux/inet_diag.h. */
export const INET_DIAG = { SHUTDOWN: 8 } as const;

/** struct inet_diag_req_v2: offsets of its members. Source: include/uapi/linux/inet_diag.h. */
export const INET_DIAG_REQ_V2 = {
  size: 56,
  sdiag_family: 0,
  sdiag_protocol: 1,
  idiag_ext: 2,
  idiag_states: 4,
} as const;

/** struct inet_diag_msg: offsets of its members. Source: include/uapi/linux/inet_diag.h. */
export const INET_DIAG_MSG = { size: 72, idiag_state: 1, idiag_rqueue: 56, idiag_wqueue: 60, idiag_inode: 68 } as const;

/** struct inet_diag_sockid, inside inet_diag_msg: offsets from the start of the message. Source: include/uapi/linux/inet_diag.h. */
export const INET_DIAG_SOCKID = { idiag_sport: 4, idiag_dport: 6, idiag_src: 8, idiag_dst: 24 } as const;
