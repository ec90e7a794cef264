/** Flags of shmget(2), semget(2) and msgget(2), and commands of shmctl(2), semctl(2) and msgctl(2). Source: include/uapi/linux/ipc.h. */
export const IPC = { CREAT: 0o1000, EXCL: 0o2000, NOWAIT: 0o4000, RMID: 0, SET: 1, STAT: 2 } as const;

/** struct ipc64_perm: offsets of its members. Source: include/uapi/asm-generic/ipcbuf.h. */
export const IPC64_PERM = { uid: 4, gid: 8, mode: 20 } as const;

/** struct mq_attr: its size, and offsets of its members. Source: include/uapi/linux/mqueue.h. */
export const MQ_ATTR = { maxmsg: 8, msgsize: 16, curmsgs: 24, size: 64 } as const;
