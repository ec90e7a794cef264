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
import { socketAddress } from "./socket-address.ts";

const hex = (word: bigint) => `0x${word.toString(16)}`;

const descriptorFlags: Parameter<Value> = flags("O_", { DIRECT: O.DIRECT, NONBLOCK: O.NONBLOCK, CLOEXEC: O.CLOEXEC });
const open: Parameter<Value> = flags(
  "O_",
  {
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
  },
  "O_RDONLY",
);
const prot: Parameter<Value> = flags("PROT_", PROT, "PROT_NONE");
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
 * The names of each call's arguments, and how they are passed and printed. To add a call, add a line here and one in `CallSignatures`.
 */
export const CALLS = {
  access: ["path mode", text, int],
  arch_prctl: ["option address", address, address],
  bind: ["fd address length", fd, socketAddress, int],
  bpf: ["command attributes size", int, pointer, int],
  brk: ["address", address],
  capset: ["header data", pointer, pointer],
  chdir: ["path", text],
  chroot: ["path", text],
  clock_gettime: ["clock time", int, pointer],
  clone3: ["arguments size", cloneArguments, int],
  close: ["fd", fd],
  close_range: ["first last flags", fd, fd, int],
  connect: ["fd address length", fd, socketAddress, int],
  dup3: ["oldfd newfd flags", fd, fd, descriptorFlags],
  epoll_create1: ["flags", int],
  epoll_ctl: ["epfd operation fd event", fd, polling, fd, pointer],
  eventfd2: ["count flags", int, int],
  exit: ["status", int],
  exit_group: ["status", int],
  fanotify_init: ["flags eventFlags", address, address],
  fanotify_mark: ["fanotify flags mask dirfd path", fd, address, address, dirfd, text],
  fchdir: ["fd", fd],
  fchmod: ["fd mode", fd, mode],
  fchmodat: ["dirfd path mode", dirfd, text, mode],
  fchown: ["fd uid gid", fd, int, int],
  fchownat: ["dirfd path uid gid flags", dirfd, text, int, int, at],
  fcntl: ["fd command argument", fd, fileControl, pointer],
  flock: ["fd operation", fd, int],
  fstat: ["fd stat", fd, pointer],
  ftruncate: ["fd length", fd, int],
  getegid: [""],
  geteuid: [""],
  getitimer: ["timer value", int, pointer],
  get_mempolicy: ["mode nodes count address flags", pointer, pointer, address, address, int],
  getpgid: ["pid", int],
  getpid: [""],
  getsid: ["pid", int],
  getsockopt: ["fd level option value length", fd, int, int, pointer, pointer],
  gettid: [""],
  inotify_add_watch: ["inotify path mask", fd, text, address],
  inotify_init1: ["flags", int],
  ioprio_set: ["which who priority", int, int, int],
  io_getevents: ["context least most events timeout", address, int, int, pointer, pointer],
  io_setup: ["size context", int, pointer],
  io_submit: ["context count blocks", address, int, pointer],
  ioctl: ["fd request argument", fd, address, pointer],
  kcmp: ["pid1 pid2 type idx1 idx2", int, int, int, int, pointer],
  keyctl: ["operation id data length", int, int, pointer, int],
  kill: ["pid signal", int, signal],
  linkat: ["olddirfd oldpath newdirfd newpath flags", dirfd, text, dirfd, text, at],
  listen: ["fd backlog", fd, int],
  lseek: ["fd offset whence", fd, int, whence],
  madvise: ["address length advice", address, address, advice],
  membarrier: ["command flags cpu", address, int, int],
  memfd_create: ["name flags", text, memory],
  mkdirat: ["dirfd path mode", dirfd, text, mode],
  mknodat: ["dirfd path mode device", dirfd, text, mode, address],
  mincore: ["address length pages", address, address, pointer],
  mlock2: ["address length flags", address, address, int],
  mlockall: ["flags", int],
  mmap: ["address length protection flags fd offset", address, address, prot, mapping, fd, offset],
  mount_setattr: ["dirfd path flags attributes size", dirfd, text, int, pointer, int],
  move_mount: ["fromdirfd frompath todirfd topath flags", dirfd, text, dirfd, text, int],
  open_tree: ["dirfd path flags", dirfd, text, int],
  pivot_root: ["newroot putold", text, text],
  umount2: ["target flags", text, unmounting],
  mount: ["source target type flags data", text, text, text, mounting, text],
  mprotect: ["address length protection", address, address, prot],
  modify_ldt: ["operation data size", int, pointer, address],
  mseal: ["address length flags", address, address, int],
  msync: ["address length flags", address, address, int],
  mremap: ["oldaddress oldlength newlength flags newaddress", address, address, address, remapping, address],
  munmap: ["address length", address, address],
  open_by_handle_at: ["mount handle flags", fd, pointer, open],
  openat: ["dirfd path flags mode", dirfd, text, open, mode],
  personality: ["persona", address],
  pidfd_getfd: ["pidfd fd flags", fd, fd, int],
  pidfd_open: ["pid flags", int, int],
  pipe2: ["fds flags", pointer, descriptorFlags],
  poll: ["fds count timeout", pointer, int, int],
  prctl: ["option second third fourth fifth", processControl, pointer, pointer, address, address],
  pread64: ["fd buffer length offset", fd, pointer, address, offset],
  preadv: ["fd ranges count offset offsetHigh", fd, iovecs, int, offset, int],
  prlimit64: ["pid resource limit old", int, limitName, rlimit, pointer],
  pwrite64: ["fd buffer length offset", fd, pointer, int, int],
  read: ["fd buffer length", fd, pointer, int],
  readlinkat: ["dirfd path buffer length", dirfd, text, pointer, int],
  recvmsg: ["fd message flags", fd, pointer, int],
  renameat: ["olddirfd oldpath newdirfd newpath", dirfd, text, dirfd, text],
  rseq: ["area length flags signature", address, int, int, address],
  rt_sigaction: ["signal action old size", signal, sigaction, pointer, int],
  rt_sigprocmask: ["how set old size", int, pointer, address, int],
  rt_sigqueueinfo: ["pid signal info", int, signal, pointer],
  rt_sigtimedwait: ["set info timeout size", pointer, address, pointer, int],
  rt_tgsigqueueinfo: ["pid tid signal info", int, int, signal, pointer],
  sched_setaffinity: ["pid length mask", int, int, pointer],
  sched_setscheduler: ["pid policy parameters", int, int, pointer],
  seccomp: ["operation flags argument", int, int, pointer],
  sendfile: ["output input offset count", fd, fd, address, int],
  sendmsg: ["fd message flags", fd, pointer, int],
  sendto: ["fd buffer length flags address addressLength", fd, pointer, int, int, socketAddress, int],
  set_robust_list: ["head length", address, int],
  set_tid_address: ["address", address],
  setfsgid: ["gid", int],
  setfsuid: ["uid", int],
  setgroups: ["count groups", int, ids],
  setdomainname: ["name length", pointer, int],
  semctl: ["id number command argument", int, int, int, pointer],
  semget: ["key count flags", int, int, int],
  shmat: ["id address flags", int, address, int],
  shmctl: ["id command buffer", int, int, pointer],
  shmdt: ["address", address],
  shmget: ["key size flags", int, address, int],
  msgctl: ["id command buffer", int, int, pointer],
  fsopen: ["fileSystem flags", text, int],
  fsconfig: ["descriptor command key value extra", fd, int, address, address, int],
  fsmount: ["descriptor flags attributes", fd, int, int],
  mq_getsetattr: ["queue wanted before", fd, address, pointer],
  mq_open: ["name flags mode attributes", text, open, mode, pointer],
  msgget: ["key flags", int, int],
  msgsnd: ["id message length flags", int, pointer, int, int],
  sethostname: ["name length", pointer, int],
  setitimer: ["timer value old", int, pointer, address],
  setns: ["fd type", fd, cloneFlags],
  set_mempolicy: ["mode nodes count", int, pointer, address],
  setpgid: ["pid pgid", int, int],
  setpriority: ["which who priority", int, int, int],
  setresgid: ["rgid egid sgid", int, int, int],
  setresuid: ["ruid euid suid", int, int, int],
  setsid: [""],
  setsockopt: ["fd level option value length", fd, int, int, pointer, int],
  shutdown: ["fd how", fd, int],
  sigaltstack: ["stack old", pointer, pointer],
  signalfd4: ["fd mask size flags", fd, pointer, int, int],
  socket: ["domain type protocol", family, socketType, int],
  socketpair: ["domain type protocol fds", family, socketType, int, pointer],
  symlinkat: ["target dirfd path", text, dirfd, text],
  timer_create: ["clock event id", int, pointer, pointer],
  timer_delete: ["id", int],
  timer_getoverrun: ["id", int],
  timer_gettime: ["id value", int, pointer],
  timer_settime: ["id flags value old", int, int, pointer, address],
  timerfd_create: ["clock flags", int, int],
  timerfd_settime: ["fd flags value old", fd, int, pointer, address],
  umask: ["mode", mode],
  unlinkat: ["dirfd path flags", dirfd, text, at],
  unshare: ["flags", cloneFlags],
  userfaultfd: ["flags", descriptorFlags],
  utimensat: ["dirfd path times flags", dirfd, text, pointer, at],
  wait4: ["pid status options usage", int, address, int, address],
  waitid: ["which id info options usage", int, int, pointer, int, address],
  write: ["fd buffer length", fd, pointer, int],
} as const satisfies Record<keyof CallSignatures & SyscallName, readonly [names: string, ...Parameter<never>[]]>;

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
  "mq_open",
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
  const [names, ...parameters] = CALLS[name] as readonly [string, ...Parameter<unknown>[]];
  const call = `${name}(${names.replaceAll(" ", ", ")})`;
  if (values.length > parameters.length || (values.length === 0 && parameters.length > 0)) {
    const count = parameters.length === 1 ? "1 argument" : `${parameters.length} arguments`;
    throw new TypeError(`Cannot record ${call}: it takes ${count}, not ${values.length}`);
  }
  return values.map((value, index) => {
    const parameter = parameters[index] as Parameter<unknown>;
    const problem = parameter.problem(value);
    if (problem === undefined) return parameter.encode(value);
    throw new TypeError(`Cannot record ${call}: ${names.split(" ")[index]} is ${problem}`);
  });
}
