/** Bytes of struct aio_ring before its events. Source: fs/aio.c. */
export const RING_HEADER = 32;
