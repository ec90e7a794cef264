/** Operations of epoll_ctl(2). Source: include/uapi/linux/eventpoll.h. */
export const EPOLL_CTL = { ADD: 1, DEL: 2, MOD: 3 } as const;

/** Requests of ioctl(2) for the busy polling of an epoll set, since Linux 6.9. Source: include/uapi/linux/eventpoll.h. */
export const EPIOCSPARAMS = 0x4008_8a01;
export const EPIOCGPARAMS = 0x8008_8a02;

/** struct epoll_params. */
export const EPOLL_PARAMS = { busy_poll_usecs: 0, busy_poll_budget: 4, prefer_busy_poll: 6, size: 8 } as const;
