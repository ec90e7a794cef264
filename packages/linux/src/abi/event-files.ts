/** Operations of epoll_ctl(2). Source: include/uapi/linux/eventpoll.h. */
export const EPOLL_CTL = { ADD: 1, DEL: 2, MOD: 3 } as const;

/** Flags of timerfd_settime(2). Source: include/uapi/linux/timerfd.h. */
export const TFD_TIMER = { ABSTIME: 1, CANCEL_ON_SET: 2 } as const;

/** Sets the expirations that nobody has read: a u64 by its address. Source: include/uapi/linux/timerfd.h. */
export const TFD_IOC_SET_TICKS = 0x4008_5400;

/** Sets the number that the next watch gets, the argument itself. Source: include/uapi/linux/inotify.h. */
export const INOTIFY_IOC_SETNEXTWD = 0x4004_4900;

/** What inotify_add_watch(2) takes and a watch keeps: events, IN_EXCL_UNLINK, IN_ONESHOT. Source: include/uapi/linux/inotify.h. */
export const INOTIFY_SETTABLE = 0x8400_0fff;
