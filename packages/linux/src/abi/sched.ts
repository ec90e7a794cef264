/** Flags of clone3(2) and unshare(2). Source: include/uapi/linux/sched.h. */
export const CLONE = {
  VM: 0x100,
  FS: 0x200,
  FILES: 0x400,
  SIGHAND: 0x800,
  PTRACE: 0x2000,
  VFORK: 0x4000,
  PARENT: 0x8000,
  THREAD: 0x10000,
  NEWNS: 0x20000,
  SYSVSEM: 0x40000,
  NEWCGROUP: 0x02000000,
  NEWUTS: 0x04000000,
  NEWIPC: 0x08000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
  NEWTIME: 0x80,
} as const;

/** struct clone_args, CLONE_ARGS_SIZE_VER2: offsets of its u64 fields. Source: include/uapi/linux/sched.h. */
export const CLONE_ARGS = {
  size: 88,
  flags: 0,
  pidfd: 8,
  child_tid: 16,
  parent_tid: 24,
  exit_signal: 32,
  stack: 40,
  stack_size: 48,
  tls: 56,
  set_tid: 64,
  set_tid_size: 72,
  cgroup: 80,
} as const;

/** Scheduling policies by number. Source: include/uapi/linux/sched.h. */
export const SCHED = { NORMAL: 0, FIFO: 1, RR: 2, BATCH: 3, IDLE: 5, DEADLINE: 6, EXT: 7 } as const;

/** A bit of the policy. Source: include/uapi/linux/sched.h. */
export const SCHED_RESET_ON_FORK = 0x4000_0000;

/** Flags of struct sched_attr. Source: include/uapi/linux/sched.h. */
export const SCHED_FLAG = { RESET_ON_FORK: 1 } as const;
