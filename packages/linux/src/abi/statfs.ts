/** Bytes of struct statfs; its first word is the magic number of the file system. Source: include/uapi/asm-generic/statfs.h. */
export const STATFS_SIZE = 120;
