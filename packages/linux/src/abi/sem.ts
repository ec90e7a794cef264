/** Commands of semctl(2) for all values of a set. Source: include/uapi/linux/sem.h. */
export const GETALL = 13;
export const SETALL = 17;

/** Bytes of struct semid64_ds on x86_64. Source: arch/x86/include/uapi/asm/sembuf.h. */
export const SEMID64_DS_SIZE = 104;
