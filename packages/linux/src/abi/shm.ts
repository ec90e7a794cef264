/** Flags of shmat(2), and a command of shmctl(2). Source: include/uapi/linux/shm.h. */
export const SHM = { HUGETLB: 0o4000, RDONLY: 0o10000, EXEC: 0o100000, LOCK: 11 } as const;

/** Bits of the mode of a segment. Source: include/linux/shm.h. */
export const SHM_MODE = { DEST: 0o1000, LOCKED: 0o2000 } as const;

/** Bytes of struct shmid64_ds. Source: include/uapi/asm-generic/shmbuf.h. */
export const SHMID64_DS_SIZE = 112;
