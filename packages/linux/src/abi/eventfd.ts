/** A flag of eventfd2(2): each read takes one from the counter. Source: include/uapi/linux/eventfd.h. */
export const EFD_SEMAPHORE = 1;
