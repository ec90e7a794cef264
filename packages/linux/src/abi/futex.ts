/** Operations of futex(2). Source: include/uapi/linux/futex.h. */
export const FUTEX = { WAIT: 0, WAKE: 1 } as const;
