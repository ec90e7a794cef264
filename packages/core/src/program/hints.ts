import { errnoName } from "@restage/linux/abi";

/** Advice for failed calls, where the call and its errno suffice to tell. */
const HINTS: Readonly<Record<string, string>> = {
  "clone3 EPERM":
    "setting a pid needs CAP_CHECKPOINT_RESTORE (or CAP_SYS_ADMIN) in the user namespace of the pid namespace",
  "clone3 EINVAL": "the pid is above kernel.pid_max, or the kernel is older than 5.5: see `sysctl kernel.pid_max`",
  "clone3 EAGAIN": "a limit on the number of tasks is reached: see `ulimit -u` and the pids controller of the cgroup",
  "clone3 ENOMEM": "there is not enough memory for another task",
  "unshare EPERM": "a new namespace needs CAP_SYS_ADMIN",
  "prctl EPERM": "the executable's link needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN",
  "mmap ENOMEM": "the address space or memory limit is reached: see `ulimit -v` and vm.overcommit_memory",
  "mmap EPERM": "addresses below vm.mmap_min_addr need CAP_SYS_RAWIO",
  "mmap EAGAIN": "too much memory would be locked: see `ulimit -l`",
  "preadv ENOMEM": "the memory of the cgroup or of the machine is used up",
  "openat ENOENT": "the file was there when the checkpoint was made: put it back, or rewrite its path with a plugin",
  "openat EACCES": "the file may not be opened: restore as root, or mend its permissions",
  "openat ENOTDIR": "a part of the path is no directory any more",
  "openat EMFILE": "too many descriptors: raise the limit (`ulimit -n`)",
  "openat ENXIO": "the device, or the reader of the fifo, is not there",
  "chdir ENOENT": "the working directory is gone: make it again, or rewrite its path with a plugin",
  "chroot EPERM": "a changed root needs CAP_SYS_CHROOT",
  "linkat EXDEV": "the file and its former directory are on different file systems now: mount them as they were",
  "linkat EPERM":
    "the file system of the file has no hard links, or fs.protected_hardlinks forbids this one: restore as root",
  "mknodat EPERM": "device nodes need CAP_MKNOD, and a file system that may hold them",
  "mknodat EROFS": "deleted files are made anew where they were: the file system has to be writable",
  "mkdirat EROFS": "deleted files are made anew where they were: the file system has to be writable",
  "setpriority EACCES": "a lower nice value needs CAP_SYS_NICE",
  "sched_setscheduler EPERM": "real-time scheduling needs CAP_SYS_NICE",
  "setresuid EPERM": "changing ids needs CAP_SETUID",
  "setresgid EPERM": "changing ids needs CAP_SETGID",
  "setgroups EPERM": "changing groups needs CAP_SETGID",
  "capset EPERM": "the recorded capabilities are more than this process may give",
};

/** A hint for a call and an errno, or undefined. */
export function hintFor(call: string, errno: number): string | undefined {
  return HINTS[`${call} ${errnoName(errno)}`];
}
