import { errnoName } from "@restage/linux/abi";

/** Hints for failed calls, where the call and its errno suggest a remedy. */
const HINTS: Readonly<Record<string, string>> = {
  "clone3 EPERM":
    "give the command CAP_CHECKPOINT_RESTORE (or CAP_SYS_ADMIN) in the user namespace of the pid namespace, to set pids",
  "clone3 EINVAL": "raise kernel.pid_max (`sysctl kernel.pid_max`) above the pid; or use Linux 5.5 or newer",
  "clone3 EAGAIN": "raise the limit on the number of tasks: `ulimit -u`, or the pids controller of the cgroup",
  "clone3 ENOMEM": "free some memory: there is not enough for another task",
  "unshare EPERM": "give the command CAP_SYS_ADMIN, to make namespaces",
  "mq_open EMFILE": "raise the limit of bytes in POSIX message queues (`ulimit -q`)",
  "prctl EPERM": "give the command CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN, to set the link to the executable",
  "mmap ENOMEM": "raise the limit of the address space (`ulimit -v`), or check vm.overcommit_memory",
  "mmap EPERM": "give the command CAP_SYS_RAWIO, to map addresses below vm.mmap_min_addr",
  "mmap EAGAIN": "raise the limit of locked memory (`ulimit -l`)",
  "preadv ENOMEM": "free some memory, or raise the memory limit of the cgroup",
  "openat ENOENT": "put the file back, or rewrite its path with a plugin: it existed at the checkpoint",
  "openat EACCES": "change the permissions of the file, or give the command CAP_DAC_OVERRIDE",
  "openat ENOTDIR": "make each part of the path a directory again, or rewrite the path with a plugin",
  "openat EMFILE": "raise the limit of descriptors (`ulimit -n`)",
  "openat ENXIO": "make sure that the device exists, or that the FIFO has a reader",
  "chdir ENOENT": "create the working directory, or rewrite its path with a plugin",
  "chroot EPERM": "give the command CAP_SYS_CHROOT, to change root directories",
  "linkat EXDEV":
    "mount the file systems as they were: the file and its former directory are no longer on the same one",
  "linkat EPERM":
    "use a file system with hard links; if fs.protected_hardlinks forbids this one, give the command CAP_FOWNER",
  "mknodat EPERM": "give the command CAP_MKNOD, and mount the file system without `nodev`",
  "mknodat EROFS": "make the file system writable: deleted files are created again where they were",
  "mkdirat EROFS": "make the file system writable: deleted files are created again where they were",
  "setpriority EACCES": "give the command CAP_SYS_NICE, to lower nice values",
  "sched_setscheduler EPERM": "give the command CAP_SYS_NICE, for real-time scheduling",
  "setresuid EPERM": "give the command CAP_SETUID, to change user ids",
  "setresgid EPERM": "give the command CAP_SETGID, to change group ids",
  "setgroups EPERM": "give the command CAP_SETGID, to change groups",
  "capset EPERM": "give the command the capabilities of the checkpoint: it cannot give more than it has",
};

/** A hint for a call and an errno, or undefined. */
export function hintFor(call: string, errno: number): string | undefined {
  return HINTS[`${call} ${errnoName(errno)}`];
}
