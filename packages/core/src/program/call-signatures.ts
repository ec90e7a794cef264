import type { Data } from "@restage/linux";
import type { Value } from "./deferred.ts";

/** A path or another string; undefined is NULL. */
type Text = string | undefined;

/** Bytes for the kernel to read, `output(length)` for it to fill, or an address in the task itself. */
type Bytes = Uint8Array | Data | Value;

/** struct rlimit: what prlimit64 takes, in the unit of the limit. */
export interface ResourceLimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** struct kernel_sigaction of x86_64. */
export interface SignalAction {
  /** SIG_DFL, SIG_IGN or an address. */
  readonly handler: bigint;
  readonly flags: bigint;
  readonly restorer: bigint;
  readonly mask: bigint;
}

/** struct iovec: memory of the task itself. */
export interface MemoryRange {
  readonly address: Value;
  readonly length: Value;
}

/** The fields of struct clone_args that a restore uses. */
export interface CloneArguments {
  readonly flags: number;
  readonly exitSignal: number;
  /** Ids of the new task, innermost pid namespace first; empty: any. */
  readonly setTid: readonly number[];
}

/**
 * The arguments of every call that a plugin can record, in the kernel's order. Section 2 of the manual pages describes them: openat(2). All but the first can be
 * left out; they are then 0.
 */
export interface CallSignatures {
  access: [path: Text, mode?: Value];
  arch_prctl: [option: Value, address?: Value];
  bind: [fd: Value, address?: Bytes, length?: Value];
  bpf: [command: Value, attributes?: Bytes, size?: Value];
  brk: [address: Value];
  capset: [header: Bytes, data?: Bytes];
  chdir: [path: Text];
  chroot: [path: Text];
  clock_gettime: [clock: Value, time?: Bytes];
  clone3: [arguments: CloneArguments, size?: Value];
  close: [fd: Value];
  close_range: [first: Value, last?: Value, flags?: Value];
  connect: [fd: Value, address?: Bytes, length?: Value];
  dup3: [oldfd: Value, newfd?: Value, flags?: Value];
  epoll_create1: [flags: Value];
  epoll_ctl: [epfd: Value, operation?: Value, fd?: Value, event?: Bytes];
  eventfd2: [count: Value, flags?: Value];
  exit: [status: Value];
  exit_group: [status: Value];
  fanotify_init: [flags: Value, eventFlags?: Value];
  fanotify_mark: [fanotify: Value, flags?: Value, mask?: Value, dirfd?: Value, path?: Text];
  fchdir: [fd: Value];
  fchmod: [fd: Value, mode?: Value];
  fchmodat: [dirfd: Value, path?: Text, mode?: Value];
  fchown: [fd: Value, uid?: Value, gid?: Value];
  fchownat: [dirfd: Value, path?: Text, uid?: Value, gid?: Value, flags?: Value];
  fcntl: [fd: Value, command?: Value, argument?: Bytes];
  flock: [fd: Value, operation?: Value];
  fstat: [fd: Value, stat?: Bytes];
  ftruncate: [fd: Value, length?: Value];
  getegid: [];
  geteuid: [];
  getitimer: [timer: Value, value?: Bytes];
  get_mempolicy: [mode: Bytes, nodes?: Bytes, count?: Value, address?: Value, flags?: Value];
  getpgid: [pid: Value];
  getpid: [];
  getsid: [pid: Value];
  getsockopt: [fd: Value, level?: Value, option?: Value, value?: Bytes, length?: Bytes];
  gettid: [];
  inotify_add_watch: [inotify: Value, path?: Text, mask?: Value];
  inotify_init1: [flags: Value];
  ioprio_set: [which: Value, who?: Value, priority?: Value];
  io_getevents: [context: Value, least?: Value, most?: Value, events?: Bytes, timeout?: Bytes];
  io_setup: [size: Value, context?: Bytes];
  io_submit: [context: Value, count?: Value, blocks?: Bytes];
  ioctl: [fd: Value, request?: Value, argument?: Bytes];
  kcmp: [pid1: Value, pid2?: Value, type?: Value, idx1?: Value, idx2?: Bytes];
  keyctl: [operation: Value, id?: Value, data?: Bytes, length?: Value];
  kill: [pid: Value, signal?: Value];
  linkat: [olddirfd: Value, oldpath?: Text, newdirfd?: Value, newpath?: Text, flags?: Value];
  listen: [fd: Value, backlog?: Value];
  lseek: [fd: Value, offset?: Value, whence?: Value];
  madvise: [address: Value, length?: Value, advice?: Value];
  membarrier: [command: Value, flags?: Value, cpu?: Value];
  memfd_create: [name: Text, flags?: Value];
  mkdirat: [dirfd: Value, path?: Text, mode?: Value];
  mknodat: [dirfd: Value, path?: Text, mode?: Value, device?: Value];
  mincore: [address: Value, length?: Value, pages?: Bytes];
  mlock2: [address: Value, length?: Value, flags?: Value];
  mlockall: [flags: Value];
  mmap: [address: Value, length?: Value, protection?: Value, flags?: Value, fd?: Value, offset?: Value];
  mount_setattr: [dirfd: Value, path?: Text, flags?: Value, attributes?: Bytes, size?: Value];
  move_mount: [fromdirfd: Value, frompath?: Text, todirfd?: Value, topath?: Text, flags?: Value];
  open_tree: [dirfd: Value, path?: Text, flags?: Value];
  pivot_root: [newroot: Text, putold?: Text];
  umount2: [target: Text, flags?: Value];
  mount: [source: Text, target?: Text, type?: Text, flags?: Value, data?: Text];
  mprotect: [address: Value, length?: Value, protection?: Value];
  modify_ldt: [operation: Value, data?: Bytes, size?: Value];
  mseal: [address: Value, length?: Value, flags?: Value];
  msync: [address: Value, length?: Value, flags?: Value];
  mremap: [oldaddress: Value, oldlength?: Value, newlength?: Value, flags?: Value, newaddress?: Value];
  munmap: [address: Value, length?: Value];
  open_by_handle_at: [mount: Value, handle?: Bytes, flags?: Value];
  openat: [dirfd: Value, path?: Text, flags?: Value, mode?: Value];
  personality: [persona: Value];
  pidfd_getfd: [pidfd: Value, fd?: Value, flags?: Value];
  pidfd_open: [pid: Value, flags?: Value];
  pipe2: [fds: Bytes, flags?: Value];
  poll: [fds: Bytes, count?: Value, timeout?: Value];
  prctl: [option: Value, second?: Bytes, third?: Bytes, fourth?: Value, fifth?: Value];
  pread64: [fd: Value, buffer?: Bytes, length?: Value, offset?: Value];
  preadv: [fd: Value, ranges?: readonly MemoryRange[], count?: Value, offset?: Value, offsetHigh?: Value];
  prlimit64: [pid: Value, resource?: Value, limit?: ResourceLimit, old?: Bytes];
  pwrite64: [fd: Value, buffer?: Bytes, length?: Value, offset?: Value];
  read: [fd: Value, buffer?: Bytes, length?: Value];
  readlinkat: [dirfd: Value, path?: Text, buffer?: Bytes, length?: Value];
  recvmsg: [fd: Value, message?: Bytes, flags?: Value];
  renameat: [olddirfd: Value, oldpath?: Text, newdirfd?: Value, newpath?: Text];
  rseq: [area: Value, length?: Value, flags?: Value, signature?: Value];
  rt_sigaction: [signal: Value, action?: SignalAction, old?: Bytes, size?: Value];
  rt_sigprocmask: [how: Value, set?: Bytes, old?: Value, size?: Value];
  rt_sigqueueinfo: [pid: Value, signal?: Value, info?: Bytes];
  rt_sigtimedwait: [set: Bytes, info?: Value, timeout?: Bytes, size?: Value];
  rt_tgsigqueueinfo: [pid: Value, tid?: Value, signal?: Value, info?: Bytes];
  sched_setaffinity: [pid: Value, length?: Value, mask?: Bytes];
  sched_setscheduler: [pid: Value, policy?: Value, parameters?: Bytes];
  seccomp: [operation: Value, flags?: Value, argument?: Bytes];
  sendfile: [output: Value, input?: Value, offset?: Value, count?: Value];
  sendmsg: [fd: Value, message?: Bytes, flags?: Value];
  sendto: [fd: Value, buffer?: Bytes, length?: Value, flags?: Value, address?: Bytes, addressLength?: Value];
  set_robust_list: [head: Value, length?: Value];
  set_tid_address: [address: Value];
  setfsgid: [gid: Value];
  setfsuid: [uid: Value];
  setgroups: [count: Value, groups?: readonly number[]];
  setdomainname: [name: Bytes, length?: Value];
  semctl: [id: Value, number?: Value, command?: Value, argument?: Bytes];
  semget: [key: Value, count?: Value, flags?: Value];
  shmat: [id: Value, address?: Value, flags?: Value];
  shmctl: [id: Value, command?: Value, buffer?: Bytes];
  shmdt: [address: Value];
  shmget: [key: Value, size?: Value, flags?: Value];
  msgctl: [id: Value, command?: Value, buffer?: Bytes];
  fsopen: [fileSystem: Text, flags?: Value];
  fsconfig: [descriptor: Value, command?: Value, key?: Value, value?: Value, extra?: Value];
  fsmount: [descriptor: Value, flags?: Value, attributes?: Value];
  mq_getsetattr: [queue: Value, wanted?: Value, before?: Bytes];
  mq_open: [name: Text, flags?: Value, mode?: Value, attributes?: Bytes];
  msgget: [key: Value, flags?: Value];
  msgsnd: [id: Value, message?: Bytes, length?: Value, flags?: Value];
  sethostname: [name: Bytes, length?: Value];
  setitimer: [timer: Value, value?: Bytes, old?: Value];
  setns: [fd: Value, type?: Value];
  set_mempolicy: [mode: Value, nodes?: Bytes, count?: Value];
  setpgid: [pid: Value, pgid?: Value];
  setpriority: [which: Value, who?: Value, priority?: Value];
  setresgid: [rgid: Value, egid?: Value, sgid?: Value];
  setresuid: [ruid: Value, euid?: Value, suid?: Value];
  setsid: [];
  setsockopt: [fd: Value, level?: Value, option?: Value, value?: Bytes, length?: Value];
  shutdown: [fd: Value, how?: Value];
  sigaltstack: [stack: Bytes, old?: Bytes];
  signalfd4: [fd: Value, mask?: Bytes, size?: Value, flags?: Value];
  socket: [domain: Value, type?: Value, protocol?: Value];
  socketpair: [domain: Value, type?: Value, protocol?: Value, fds?: Bytes];
  symlinkat: [target: Text, dirfd?: Value, path?: Text];
  timer_create: [clock: Value, event?: Bytes, id?: Bytes];
  timer_delete: [id: Value];
  timer_getoverrun: [id: Value];
  timer_gettime: [id: Value, value?: Bytes];
  timer_settime: [id: Value, flags?: Value, value?: Bytes, old?: Value];
  timerfd_create: [clock: Value, flags?: Value];
  timerfd_settime: [fd: Value, flags?: Value, value?: Bytes, old?: Value];
  umask: [mode: Value];
  unlinkat: [dirfd: Value, path?: Text, flags?: Value];
  unshare: [flags: Value];
  userfaultfd: [flags: Value];
  utimensat: [dirfd: Value, path?: Text, times?: Bytes, flags?: Value];
  wait4: [pid: Value, status?: Value, options?: Value, usage?: Value];
  waitid: [which: Value, id?: Value, info?: Bytes, options?: Value, usage?: Value];
  write: [fd: Value, buffer?: Bytes, length?: Value];
}
