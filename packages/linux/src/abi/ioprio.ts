/** Of ioprio_get(2) and ioprio_set(2): one thread. Source: include/uapi/linux/ioprio.h. */
export const IOPRIO_WHO_PROCESS = 1;

/** The class of an I/O priority is above this bit, the level in it below. Class 0 is that of a thread without an I/O priority. */
export const IOPRIO_CLASS_SHIFT = 13;
