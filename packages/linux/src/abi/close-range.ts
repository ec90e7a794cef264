/** Flags of close_range(2). Source: include/uapi/linux/close_range.h. */
export const CLOSE_RANGE = { UNSHARE: 2, CLOEXEC: 4 } as const;
