/** Major numbers of devices. Source: include/uapi/linux/major.h. */
export const MAJOR = { MEM: 1, TTYAUX: 5, MISC: 10, UNIX98_PTY_SLAVE: 136 } as const;

/** How many major numbers the slaves of pseudoterminals have. Source: include/uapi/linux/major.h. */
export const UNIX98_PTY_MAJOR_COUNT = 8;
