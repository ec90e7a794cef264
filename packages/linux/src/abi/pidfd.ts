/** Flags of pidfd_open(2). Source: include/uapi/linux/pidfd.h. */
export const PIDFD = { NONBLOCK: 0o4000, THREAD: 0o200 } as const;
