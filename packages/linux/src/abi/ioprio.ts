/** Of ioprio_get(2) and ioprio_set(2): one thread. Source: include/uapi/linux/ioprio.h. */
export const IOPRIO_WHO_PROCESS = 1;
