/** Commands of membarrier(2). Source: include/uapi/linux/membarrier.h. */
export const MEMBARRIER_CMD = { GET_REGISTRATIONS: 1 << 9 } as const;
