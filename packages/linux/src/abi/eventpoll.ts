/** Operations of epoll_ctl(2). Source: include/uapi/linux/eventpoll.h. */
export const EPOLL_CTL = { ADD: 1, DEL: 2, MOD: 3 } as const;
