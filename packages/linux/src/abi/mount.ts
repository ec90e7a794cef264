/** Flags of mount(2). Source: include/uapi/linux/mount.h. */
export const MS = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  SYNCHRONOUS: 16,
  REMOUNT: 32,
  MANDLOCK: 64,
  DIRSYNC: 128,
  NOSYMFOLLOW: 256,
  NOATIME: 1024,
  NODIRATIME: 2048,
  BIND: 4096,
  MOVE: 8192,
  REC: 16384,
  UNBINDABLE: 1 << 17,
  PRIVATE: 1 << 18,
  SLAVE: 1 << 19,
  SHARED: 1 << 20,
  RELATIME: 1 << 21,
  STRICTATIME: 1 << 24,
  LAZYTIME: 1 << 25,
} as const;

/** Flags of umount2(2). Source: include/linux/fs.h. */
export const MNT = { FORCE: 1, DETACH: 2, EXPIRE: 4 } as const;

/** Flags of open_tree(2). Source: include/uapi/linux/mount.h. */
export const OPEN_TREE = { CLONE: 1, CLOEXEC: 0o2000000 } as const;

/** Flags of fsopen(2) and fsmount(2), and the command of fsconfig(2) that makes or finds a file system. Source: include/uapi/linux/mount.h. */
export const FSOPEN_CLOEXEC = 1;
export const FSCONFIG_CMD_CREATE = 6;
export const FSMOUNT_CLOEXEC = 1;

/** Attributes of mount_setattr(2); ATIME are the bits of all that say when access times are written. Source: include/uapi/linux/mount.h. */
export const MOUNT_ATTR = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  ATIME: 0x70,
  NOATIME: 0x10,
  STRICTATIME: 0x20,
  NODIRATIME: 0x80,
  NOSYMFOLLOW: 0x200000,
} as const;

/** Flags of move_mount(2). Source: include/uapi/linux/mount.h. */
export const MOVE_MOUNT = { F_EMPTY_PATH: 4, T_EMPTY_PATH: 0x40, SET_GROUP: 0x100 } as const;

/** Bytes of struct mount_attr, MOUNT_ATTR_SIZE_VER0. Source: include/uapi/linux/mount.h. */
export const MOUNT_ATTR_SIZE = 32;
