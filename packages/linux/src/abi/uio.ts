/** Bytes of struct iovec. Source: include/uapi/linux/uio.h. */
export const IOVEC_SIZE = 16;
