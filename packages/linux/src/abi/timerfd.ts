/** Flags of timerfd_settime(2). Source: include/uapi/linux/timerfd.h. */
export const TFD_TIMER = { ABSTIME: 1, CANCEL_ON_SET: 2 } as const;

/** Sets the number of expirations that nobody has read; takes the address of a u64. Source: include/uapi/linux/timerfd.h. */
export const TFD_IOC_SET_TICKS = 0x4008_5400;
