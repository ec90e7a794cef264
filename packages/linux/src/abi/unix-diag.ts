/** What unix_diag_req asks for. Source: include/uapi/linux/unix_diag.h. */
export const UDIAG_SHOW = { NAME: 1, VFS: 2, PEER: 4, ICONS: 8, RQLEN: 16 } as const;

/** Attributes of unix_diag_msg. Source: include/uapi/linux/unix_diag.h. */
export const UNIX_DIAG = { NAME: 0, VFS: 1, PEER: 2, ICONS: 3, RQLEN: 4, MEMINFO: 5, SHUTDOWN: 6 } as const;

/** struct unix_diag_req: offsets of its members. Source: include/uapi/linux/unix_diag.h. */
export const UNIX_DIAG_REQ = { size: 24, sdiag_family: 0, udiag_states: 4, udiag_show: 12 } as const;

/** struct unix_diag_msg: offsets of its members. Source: include/uapi/linux/unix_diag.h. */
export const UNIX_DIAG_MSG = { size: 16, udiag_type: 1, udiag_state: 2, udiag_ino: 4 } as const;
