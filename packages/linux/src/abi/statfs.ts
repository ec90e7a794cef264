/** Bytes of struct statfs; its first word is the magic number of the file system. Source: include/uapi/asm-generic/statfs.h. */
export const STATFS_SIZE = 120;

/** Magic numbers of file systems. Source: include/uapi/linux/magic.h. */
export const FS_MAGIC = { DEVPTS: 0x1cd1, HUGETLBFS: 0x9584_58f6, SECRETMEM: 0x5345_434d } as const;

/** The magic number of the file system of POSIX message queues. Source: ipc/mqueue.c. */
export const MQUEUE_MAGIC = 0x1980_0202;
