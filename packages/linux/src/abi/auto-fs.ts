/** ioctls of an autofs mount. Source: include/uapi/linux/auto_fs.h. */
export const AUTOFS_IOC = { CATATONIC: 0x9362, SETTIMEOUT: 0xc008_9364 } as const;

/** An ioctl of /dev/autofs, the size of its argument, and the version of that layout. Source: include/uapi/linux/auto_dev-ioctl.h. */
export const AUTOFS_DEV_IOCTL = { SETPIPEFD: 0xc018_9378, SIZE: 24, VERSION_MAJOR: 1, VERSION_MINOR: 1 } as const;
