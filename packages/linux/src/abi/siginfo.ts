/** Bytes of siginfo_t. Source: include/uapi/asm-generic/siginfo.h, SI_MAX_SIZE. */
export const SIGINFO_SIZE = 128;

/** Ways in which a timer notifies. Source: include/uapi/asm-generic/siginfo.h. */
export const SIGEV = { SIGNAL: 0, NONE: 1, THREAD: 2, THREAD_ID: 4 } as const;
