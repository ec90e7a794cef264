/** Modes. Source: include/uapi/linux/seccomp.h. */
export const SECCOMP_MODE = { STRICT: 1 } as const;

/** Operations of seccomp(2). Source: include/uapi/linux/seccomp.h. */
export const SECCOMP_SET_MODE = { FILTER: 1 } as const;
