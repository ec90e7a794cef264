/** The message type of sock_diag(7). Source: include/uapi/linux/sock_diag.h. */
export const SOCK_DIAG_BY_FAMILY = 20;
