/** Flags of splice(2) and tee(2). Source: include/linux/splice.h. */
export const SPLICE_F = { NONBLOCK: 2 } as const;
