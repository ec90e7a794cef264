/** Stands for the pid of a process that had ended. Source: CRIU images/pidfd.proto. */
export const GONE = -1;
