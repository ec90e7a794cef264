/** Sets the number that the next watch gets; takes the number itself. Source: include/uapi/linux/inotify.h. */
export const INOTIFY_IOC_SETNEXTWD = 0x4004_4900;

/**
 * The bits that inotify_add_watch(2) accepts and that a watch keeps: the events, IN_EXCL_UNLINK and IN_ONESHOT.
 * Source: include/uapi/linux/inotify.h.
 */
export const INOTIFY_SETTABLE = 0x8400_0fff;
