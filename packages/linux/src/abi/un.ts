/** Longest name of a Unix socket. Source: include/uapi/linux/un.h. */
export const UNIX_PATH_MAX = 108;

/** The ioctl that gives a descriptor of a bound socket's file. Requires CAP_NET_ADMIN. Source: include/uapi/linux/un.h. */
export const SIOCUNIXFILE = 0x89e0;
