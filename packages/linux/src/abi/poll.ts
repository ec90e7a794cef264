/** Events of poll(2). Source: include/uapi/asm-generic/poll.h. */
export const POLL = { IN: 1, PRI: 2 } as const;
