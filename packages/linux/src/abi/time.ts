/** Clocks. Source: include/uapi/linux/time.h. */
export const CLOCK = { REALTIME: 0, MONOTONIC: 1, BOOTTIME: 7, REALTIME_ALARM: 8, BOOTTIME_ALARM: 9 } as const;

/** `which` of getitimer(2) and setitimer(2). Source: include/uapi/linux/time.h. */
export const ITIMER = { REAL: 0, VIRTUAL: 1, PROF: 2 } as const;

/** Bytes of struct itimerval and of struct itimerspec. Source: include/uapi/linux/time.h. */
export const ITIMERVAL_SIZE = 32;
