/** Events of poll(2). Source: include/uapi/asm-generic/poll.h. */
export const POLL = { IN: 1, PRI: 2, OUT: 4, ERR: 8, HUP: 0x10 } as const;
