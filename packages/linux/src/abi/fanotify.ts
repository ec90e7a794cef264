/** Flags of fanotify_mark(2). Source: include/uapi/linux/fanotify.h. */
export const FAN_MARK = { ADD: 1, MOUNT: 0x10, IGNORED_MASK: 0x20, EVICTABLE: 0x200, IGNORE: 0x400 } as const;
