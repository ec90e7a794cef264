/** Bytes of a path, with the NUL at its end. Source: include/uapi/linux/limits.h. */
export const PATH_MAX = 4096;
