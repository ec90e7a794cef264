/** Commands of a request. Source: include/uapi/linux/aio_abi.h. */
export const IOCB_CMD = { PWRITE: 1 } as const;

/** Bytes of struct io_event. Source: include/uapi/linux/aio_abi.h. */
export const IO_EVENT_SIZE = 32;
