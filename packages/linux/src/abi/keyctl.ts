/** Commands of keyctl(2). Source: include/uapi/linux/keyctl.h. */
export const KEYCTL = { GET_KEYRING_ID: 0, DESCRIBE: 6, READ: 11 } as const;

/** Keyrings of the calling thread, in place of a serial number. Source: include/uapi/linux/keyctl.h. */
export const KEY_SPEC = { THREAD_KEYRING: -1, PROCESS_KEYRING: -2, SESSION_KEYRING: -3 } as const;
