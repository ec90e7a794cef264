import type { Operand } from "@restage/linux";
import {
  AF,
  AT,
  CLONE,
  EPOLL_CTL,
  F,
  MADV,
  MAP,
  MFD,
  MNT,
  MREMAP,
  MS,
  O,
  PR,
  PROT,
  RLIMIT_NAMES,
  SEEK,
  SIG,
  SOCK,
  type SyscallName,
} from "@restage/linux/abi";
import type { CallSignatures, CloneArguments, MemoryRange, ResourceLimit, SignalAction } from "./call-signatures.ts";
import { data, struct, type Value } from "./deferred.ts";
import {
  address,
  dirfd,
  fd,
  flags,
  int,
  mode,
  offset,
  oneOf,
  type Parameter,
  pointer,
  problemOfValue,
  shown,
  structure,
  text,
} from "./parameter.ts";

const hex = (word: bigint) => `0x${word.toString(16)}`;

const open: Parameter<Value> = flags("O_", {
  SYNC: O.SYNC,
  DSYNC: O.DSYNC,
  TMPFILE: O.TMPFILE,
  WRONLY: O.WRONLY,
  RDWR: O.RDWR,
  CREAT: O.CREAT,
  EXCL: O.EXCL,
  NOCTTY: O.NOCTTY,
  TRUNC: O.TRUNC,
  APPEND: O.APPEND,
  NONBLOCK: O.NONBLOCK,
  ASYNC: O.ASYNC,
  DIRECT: O.DIRECT,
  LARGEFILE: O.LARGEFILE,
  DIRECTORY: O.DIRECTORY,
  NOFOLLOW: O.NOFOLLOW,
  NOATIME: O.NOATIME,
  CLOEXEC: O.CLOEXEC,
  PATH: O.PATH,
});
const prot: Parameter<Value> = flags("PROT_", PROT);
const mapping: Parameter<Value> = flags("MAP_", MAP);
const signal: Parameter<Value> = oneOf("SIG", SIG);
const fileControl: Parameter<Value> = oneOf("F_", F);
const whence: Parameter<Value> = oneOf("SEEK_", SEEK);
const advice: Parameter<Value> = oneOf("MADV_", MADV);
const remapping: Parameter<Value> = flags("MREMAP_", MREMAP);
const processControl: Parameter<Value> = oneOf("PR_", PR);
const at: Parameter<Value> = flags("AT_", AT);
const mounting: Parameter<Value> = flags("MS_", MS);
const unmounting: Parameter<Value> = flags("MNT_", MNT);
const family: Parameter<Value> = oneOf("AF_", AF);
const memory: Parameter<Value> = flags("MFD_", MFD);
const polling: Parameter<Value> = oneOf("EPOLL_CTL_", EPOLL_CTL);
const { NONBLOCK, CLOEXEC, ...SOCKET_TYPES } = SOCK;
/** A type of socket, with flags. */
const socketType: Parameter<Value> = {
  ...flags("SOCK_", { NONBLOCK, CLOEXEC }),
  print: (operand, names) => {
    if (typeof operand === "object") return names(operand) ?? "?";
    const bits = Number(operand) & (NONBLOCK | CLOEXEC);
    const type = oneOf("SOCK_", SOCKET_TYPES).print(Number(operand) & ~bits, names);
    return bits === 0 ? type : `${type}|${flags("SOCK_", { NONBLOCK, CLOEXEC }).print(bits, names)}`;
  },
};
const limitName: Parameter<Value> = oneOf("", Object.fromEntries(RLIMIT_NAMES.map((name, number) => [name, number])));

const rlimit: Parameter<ResourceLimit> = structure(
  ({ soft, hard }) => struct([8, soft], [8, hard]),
  (view) => {
    const limit = (offset: number) => {
      const value = view.getBigUint64(offset, true);
      return value === 0xffff_ffff_ffff_ffffn ? "INFINITY" : String(value);
    };
    return `{${limit(0)}, ${limit(8)}}`;
  },
);

const sigaction: Parameter<SignalAction> = structure(
  (action) => struct([8, action.handler], [8, action.flags], [8, action.restorer], [8, action.mask]),
  (view) => {
    const handler = view.getBigUint64(0, true);
    const name = handler === 0n ? "SIG_DFL" : handler === 1n ? "SIG_IGN" : hex(handler);
    return `{${name}, flags ${hex(view.getBigUint64(8, true))}, mask ${hex(view.getBigUint64(24, true))}}`;
  },
);

const iovecs: Parameter<readonly MemoryRange[]> = {
  problem: (ranges) => {
    if (!Array.isArray(ranges)) return `${shown(ranges)}, not a list of ranges`;
    return ranges.map((range) => problemOfValue(range?.address) ?? problemOfValue(range?.length)).find(Boolean);
  },
  encode: (ranges) => {
    const list = struct(
      ...ranges.flatMap(
        (range) =>
          [
            [8, range.address],
            [8, range.length],
          ] as const,
      ),
    );
    return { kind: "address", data: list, offset: 0 };
  },
  print: (operand) => {
    if (typeof operand !== "object" || operand.kind !== "address") return "?";
    const { bytes } = operand.data;
    const view = new DataView(bytes.buffer);
    const shown: string[] = [];
    for (let at = 0; at < bytes.length && shown.length < 4; at += 16) {
      shown.push(`{${hex(view.getBigUint64(at, true))}, ${view.getBigUint64(at + 8, true)}}`);
    }
    if (bytes.length > 64) shown.push(`... ${bytes.length / 16}`);
    return `[${shown.join(", ")}]`;
  },
};

const cloneArguments: Parameter<CloneArguments> = structure(
  ({ flags: bits, exitSignal, setTid }) => {
    const list = data(new Uint8Array(Uint32Array.from(setTid).buffer));
    const tids: Operand = setTid.length === 0 ? 0 : { kind: "address", data: list, offset: 0 };
    const none = [8, 0] as const;
    return struct([8, bits], none, none, none, [8, exitSignal], none, none, none, [8, tids], [8, setTid.length], none);
  },
  (view, fields) => {
    const bits = cloneFlags.print(view.getBigUint64(0, true), () => undefined);
    const exit = view.getBigUint64(32, true);
    const list = fields.find(({ offset }) => offset === 64)?.value;
    const tids = list === undefined ? "" : `, set_tid ${ids.print(list, () => undefined)}`;
    return `{${bits}${exit === 0n ? "" : `, ${signal.print(exit, () => undefined)}`}${tids}}`;
  },
);

const cloneFlags: Parameter<Value> = flags("CLONE_", CLONE);

const ids: Parameter<readonly number[]> = {
  problem: (numbers) => {
    if (!Array.isArray(numbers)) return `${shown(numbers)}, not a list of ids`;
    return numbers.map(problemOfValue).find(Boolean);
  },
  encode: (numbers) => ({ kind: "address", data: data(new Uint8Array(Uint32Array.from(numbers).buffer)), offset: 0 }),
  print: (operand) => {
    if (typeof operand !== "object" || operand.kind !== "address") return "?";
    const { bytes } = operand.data;
    return `[${new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2).join(", ")}]`;
  },
};

/**
 * How the arguments of each call are passed and printed. To add a call, add a line here and one in `CallSignatures`.
 */
export const CALLS = {
  access: [text, int],
  arch_prctl: [address, address],
  bind: [fd, pointer, int],
  bpf: [int, pointer, int],
  brk: [address],
  capset: [pointer, pointer],
  chdir: [text],
  chroot: [text],
  clock_gettime: [int, pointer],
  clone3: [cloneArguments, int],
  close: [fd],
  close_range: [fd, fd, int],
  connect: [fd, pointer, int],
  dup3: [fd, fd, open],
  epoll_create1: [int],
  epoll_ctl: [fd, polling, fd, pointer],
  eventfd2: [int, int],
  exit: [int],
  exit_group: [int],
  fanotify_init: [address, address],
  fanotify_mark: [fd, address, address, dirfd, text],
  fchdir: [fd],
  fchmod: [fd, mode],
  fchmodat: [dirfd, text, mode],
  fchown: [fd, int, int],
  fchownat: [dirfd, text, int, int, at],
  fcntl: [fd, fileControl, pointer],
  flock: [fd, int],
  fstat: [fd, pointer],
  ftruncate: [fd, int],
  getegid: [],
  geteuid: [],
  getitimer: [int, pointer],
  getpgid: [int],
  getpid: [],
  getsid: [int],
  getsockopt: [fd, int, int, pointer, pointer],
  gettid: [],
  inotify_add_watch: [fd, text, address],
  inotify_init1: [int],
  ioprio_set: [int, int, int],
  io_getevents: [address, int, int, pointer, pointer],
  io_setup: [int, pointer],
  io_submit: [address, int, pointer],
  ioctl: [fd, address, pointer],
  kcmp: [int, int, int, int, pointer],
  keyctl: [int, int, pointer, int],
  kill: [int, signal],
  linkat: [dirfd, text, dirfd, text, at],
  listen: [fd, int],
  lseek: [fd, int, whence],
  madvise: [address, address, advice],
  membarrier: [address, int, int],
  memfd_create: [text, memory],
  mkdirat: [dirfd, text, mode],
  mknodat: [dirfd, text, mode, address],
  mincore: [address, address, pointer],
  mlock2: [address, address, int],
  mlockall: [int],
  mmap: [address, address, prot, mapping, fd, offset],
  mount_setattr: [dirfd, text, int, pointer, int],
  move_mount: [dirfd, text, dirfd, text, int],
  open_tree: [dirfd, text, int],
  pivot_root: [text, text],
  umount2: [text, unmounting],
  mount: [text, text, text, mounting, text],
  mprotect: [address, address, prot],
  mseal: [address, address, int],
  msync: [address, address, int],
  mremap: [address, address, address, remapping, address],
  munmap: [address, address],
  open_by_handle_at: [fd, pointer, open],
  openat: [dirfd, text, open, mode],
  pidfd_getfd: [fd, fd, int],
  pidfd_open: [int, int],
  pipe2: [pointer, open],
  poll: [pointer, int, int],
  prctl: [processControl, pointer, pointer, address, address],
  pread64: [fd, pointer, address, offset],
  preadv: [fd, iovecs, int, offset, int],
  prlimit64: [int, limitName, rlimit, pointer],
  pwrite64: [fd, pointer, int, int],
  read: [fd, pointer, int],
  readlinkat: [dirfd, text, pointer, int],
  recvmsg: [fd, pointer, int],
  renameat: [dirfd, text, dirfd, text],
  rseq: [address, int, int, address],
  rt_sigaction: [signal, sigaction, pointer, int],
  rt_sigprocmask: [int, pointer, address, int],
  rt_sigqueueinfo: [int, signal, pointer],
  rt_sigtimedwait: [pointer, address, pointer, int],
  rt_tgsigqueueinfo: [int, int, signal, pointer],
  sched_setaffinity: [int, int, pointer],
  sched_setscheduler: [int, int, pointer],
  seccomp: [int, int, pointer],
  sendfile: [fd, fd, address, int],
  sendmsg: [fd, pointer, int],
  sendto: [fd, pointer, int, int, pointer, int],
  set_robust_list: [address, int],
  set_tid_address: [address],
  setfsgid: [int],
  setfsuid: [int],
  setgroups: [int, ids],
  setdomainname: [pointer, int],
  semctl: [int, int, int, pointer],
  semget: [int, int, int],
  shmat: [int, address, int],
  shmctl: [int, int, pointer],
  shmdt: [address],
  shmget: [int, address, int],
  msgctl: [int, int, pointer],
  msgget: [int, int],
  msgsnd: [int, pointer, int, int],
  sethostname: [pointer, int],
  setitimer: [int, pointer, address],
  setns: [fd, cloneFlags],
  setpgid: [int, int],
  setpriority: [int, int, int],
  setresgid: [int, int, int],
  setresuid: [int, int, int],
  setsid: [],
  setsockopt: [fd, int, int, pointer, int],
  shutdown: [fd, int],
  sigaltstack: [pointer, pointer],
  signalfd4: [fd, pointer, int, int],
  socket: [family, socketType, int],
  socketpair: [family, socketType, int, pointer],
  symlinkat: [text, dirfd, text],
  timer_create: [int, pointer, pointer],
  timer_delete: [int],
  timer_getoverrun: [int],
  timer_gettime: [int, pointer],
  timer_settime: [int, int, pointer, address],
  timerfd_create: [int, int],
  timerfd_settime: [fd, int, pointer, address],
  umask: [mode],
  unlinkat: [dirfd, text, at],
  unshare: [cloneFlags],
  userfaultfd: [open],
  utimensat: [dirfd, text, pointer, at],
  wait4: [int, address, int, address],
  waitid: [int, int, pointer, int, address],
  write: [fd, pointer, int],
} as const satisfies Record<keyof CallSignatures & SyscallName, readonly Parameter<never>[]>;

export type CallName = keyof CallSignatures;

/** Those of the calls that return the lowest free descriptor; a dry run invents one. */
export const DESCRIPTOR_CALLS: ReadonlySet<SyscallName> = new Set<SyscallName>([
  "accept4",
  "epoll_create1",
  "eventfd2",
  "fanotify_init",
  "fsmount",
  "fsopen",
  "inotify_init1",
  "memfd_create",
  "open_tree",
  "openat",
  "openat2",
  "pidfd_getfd",
  "pidfd_open",
  "socket",
  "timerfd_create",
  "userfaultfd",
]);

/** The arguments of a call. */
export type CallArguments<N extends CallName> = CallSignatures[N];

/**
 * The operands of a call from the values that a plugin gave.
 *
 * @throws TypeError when one of them is not what the call takes: as 0, `undefined` would name another process.
 */
export function encodeArguments(name: CallName, values: readonly unknown[]): Operand[] {
  const parameters = CALLS[name] as readonly Parameter<unknown>[];
  if (values.length > parameters.length || (values.length === 0 && parameters.length > 0)) {
    const takes = parameters.length === 1 ? "1 argument" : `${parameters.length} arguments`;
    throw new TypeError(`Cannot record ${name}(): it takes ${takes}, not ${values.length}`);
  }
  return values.map((value, index) => {
    const parameter = parameters[index] as Parameter<unknown>;
    const problem = parameter.problem(value);
    if (problem === undefined) return parameter.encode(value);
    throw new TypeError(`Cannot record ${name}(): argument ${index + 1} is ${problem}`);
  });
}
