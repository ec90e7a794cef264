/** Flags of open(2) on x86_64. Source: include/uapi/asm-generic/fcntl.h. */
export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  ACCMODE: 3,
  CREAT: 0o100,
  EXCL: 0o200,
  NOCTTY: 0o400,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  DSYNC: 0o10000,
  ASYNC: 0o20000,
  DIRECT: 0o40000,
  LARGEFILE: 0o100000,
  DIRECTORY: 0o200000,
  NOFOLLOW: 0o400000,
  NOATIME: 0o1000000,
  CLOEXEC: 0o2000000,
  SYNC: 0o4010000,
  PATH: 0o10000000,
  TMPFILE: 0o20200000,
} as const;

/** Commands of fcntl(2). Source: include/uapi/asm-generic/fcntl.h, linux/fcntl.h. */
export const F = {
  DUPFD: 0,
  GETFD: 1,
  SETFD: 2,
  GETFL: 3,
  SETFL: 4,
  SETLK: 6,
  SETOWN: 8,
  SETSIG: 10,
  GETSIG: 11,
  SETOWN_EX: 15,
  GETOWN_EX: 16,
  GETOWNER_UIDS: 17,
  OFD_SETLK: 37,
  SETLEASE: 1024,
  GETLEASE: 1025,
  DUPFD_CLOEXEC: 1030,
  SETPIPE_SZ: 1031,
  GETPIPE_SZ: 1032,
  ADD_SEALS: 1033,
  GET_SEALS: 1034,
} as const;

export const FD_CLOEXEC = 1;

/** Flags of an open file that F_SETFL changes, beside O_ASYNC. Source: include/linux/fcntl.h, fcntl(2). */
export const SETTABLE_FLAGS = O.APPEND | O.DIRECT | O.NOATIME | O.NONBLOCK;

/** Types of locks and leases in struct flock. Source: include/uapi/asm-generic/fcntl.h. */
export const F_LOCK = { RDLCK: 0, WRLCK: 1, UNLCK: 2 } as const;

/** Operations of flock(2). Source: include/uapi/asm-generic/fcntl.h. */
export const LOCK = { SH: 1, EX: 2, NB: 4, UN: 8 } as const;

/** Owner types of F_SETOWN_EX. Source: include/uapi/asm-generic/fcntl.h. */
export const F_OWNER = { TID: 0, PID: 1, PGRP: 2 } as const;

/** The `dirfd` that means the working directory. Source: include/uapi/linux/fcntl.h. */
export const AT_FDCWD = -100;
export const AT = {
  SYMLINK_NOFOLLOW: 0x100,
  REMOVEDIR: 0x200,
  SYMLINK_FOLLOW: 0x400,
  NO_AUTOMOUNT: 0x800,
  EMPTY_PATH: 0x1000,
} as const;

/** `whence` of lseek(2). Source: include/uapi/linux/fs.h. */
export const SEEK = { SET: 0, CUR: 1, END: 2, DATA: 3, HOLE: 4 } as const;

/** File types in st_mode. Source: include/uapi/linux/stat.h. */
export const S_IF = {
  MT: 0o170000,
  SOCK: 0o140000,
  LNK: 0o120000,
  REG: 0o100000,
  BLK: 0o060000,
  DIR: 0o040000,
  CHR: 0o020000,
  IFO: 0o010000,
} as const;

/** Seals of a memfd. Source: include/uapi/linux/fcntl.h. */
export const F_SEAL = { SEAL: 1, SHRINK: 2, GROW: 4, WRITE: 8, FUTURE_WRITE: 16, EXEC: 32 } as const;
