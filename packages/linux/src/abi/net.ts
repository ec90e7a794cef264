/** Bit of a Unix socket that listens, in /proc/net/unix. Source: include/uapi/linux/net.h, __SO_ACCEPTCON. */
export const SO_ACCEPTCON = 0x10000;
