/** Commands of semctl(2): the last process that changed a semaphore, and all values of a set. Source: include/uapi/linux/sem.h. */
export const GETPID = 11;
export const GETALL = 13;
export const SETALL = 17;

/** Bytes of struct semid64_ds on x86_64. Source: arch/x86/include/uapi/asm/sembuf.h. */
export const SEMID64_DS_SIZE = 104;
