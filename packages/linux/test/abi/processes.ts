import * as abi from "../../src/abi/mod.ts";
import { SYSCALL_NUMBERS } from "../../src/abi/syscalls-x86-64.ts";
import { type Group, layout, numbered, prefixed, single } from "./c-headers.ts";

const { size: mmMapSize, fields: mmMapFields, auxv, auxv_size, exe_fd } = abi.PRCTL_MM_MAP;
const mmMap = {
  ...Object.fromEntries(mmMapFields.map((name, index) => [name, 8 * index])),
  auxv,
  auxv_size,
  exe_fd,
  size: mmMapSize,
};

/** Tables of processes: calls, errors, signals, limits, tracing and System V IPC. */
export const PROCESSES: readonly Group[] = [
  { headers: ["asm/unistd.h"], expressions: prefixed("__NR_", SYSCALL_NUMBERS) },
  { headers: ["asm/errno.h"], expressions: prefixed("", abi.ERRNO) },
  {
    headers: ["linux/ioprio.h"],
    expressions: single({ IOPRIO_WHO_PROCESS: "IOPRIO_WHO_PROCESS", IOPRIO_CLASS_SHIFT: "IOPRIO_CLASS_SHIFT" }),
  },
  {
    headers: ["linux/sched.h", "linux/types.h", "linux/sched/types.h"],
    expressions: {
      ...prefixed("CLONE_", abi.CLONE),
      ...prefixed("SCHED_", abi.SCHED),
      ...prefixed("SCHED_FLAG_", abi.SCHED_FLAG),
      ...layout("struct clone_args", abi.CLONE_ARGS, { size: "CLONE_ARGS_SIZE_VER2" }),
      ...layout("struct sched_attr", abi.SCHED_ATTR, { size: "SCHED_ATTR_SIZE_VER0" }),
      ...single({ SCHED_RESET_ON_FORK: "SCHED_RESET_ON_FORK" }),
    },
  },
  {
    headers: ["linux/prctl.h"],
    expressions: {
      ...prefixed("PR_", abi.PR),
      ...prefixed("PR_CAP_AMBIENT_", abi.PR_CAP_AMBIENT),
      ...prefixed("PR_MCE_KILL_", abi.PR_MCE_KILL),
      ...single({ PR_SET_MM_MAP: "PR_SET_MM_MAP", PR_TSC_ENABLE: "PR_TSC_ENABLE" }),
      ...layout("struct prctl_mm_map", mmMap),
    },
  },
  {
    headers: ["asm/ldt.h"],
    // The flags are bit-fields, of which C tells no place.
    expressions: layout("struct user_desc", abi.USER_DESC, {
      flags: "offsetof(struct user_desc, limit) + sizeof(int)",
    }),
  },
  {
    headers: ["asm/ptrace.h", "linux/ptrace.h", "linux/elf.h"],
    expressions: {
      ...prefixed("PTRACE_", abi.PTRACE),
      ...prefixed("PTRACE_O_", abi.PTRACE_O),
      ...prefixed("NT_", abi.NT),
      ...single({ PTRACE_EVENT_STOP: "PTRACE_EVENT_STOP" }),
    },
  },
  {
    headers: ["linux/resource.h"],
    expressions: {
      ...numbered(abi.RLIMIT_NAMES),
      ...prefixed("RLIMIT_", abi.RLIMIT),
      ...prefixed("PRIO_", abi.PRIO),
      ...single({ RLIM_INFINITY: "RLIM_INFINITY" }),
      RLIM_NLIMITS: abi.RLIMIT_NAMES.length,
    },
  },
  { headers: ["linux/futex.h"], expressions: prefixed("FUTEX_", abi.FUTEX) },
  {
    headers: ["linux/wait.h"],
    expressions: {
      ...prefixed("W", abi.W, { ALL: "__WALL", CLONE: "__WCLONE & 0xffffffff", NOTHREAD: "__WNOTHREAD" }),
      ...prefixed("P_", abi.P),
    },
  },
  {
    headers: ["linux/capability.h", "linux/securebits.h"],
    expressions: {
      ...numbered(abi.CAPABILITY_NAMES),
      ...prefixed("SECBIT_", abi.SECBIT),
      ...single({ CAPABILITY_VERSION_3: "_LINUX_CAPABILITY_VERSION_3" }),
    },
  },
  {
    headers: ["linux/fanotify.h", "linux/pidfd.h", "linux/kcmp.h", "linux/membarrier.h", "linux/eventpoll.h"],
    expressions: {
      ...prefixed("FAN_MARK_", abi.FAN_MARK),
      ...prefixed("PIDFD_", abi.PIDFD),
      ...prefixed("KCMP_", abi.KCMP),
      ...prefixed("MEMBARRIER_CMD_", abi.MEMBARRIER_CMD),
      ...prefixed("EPOLL_CTL_", abi.EPOLL_CTL),
    },
  },
  {
    headers: ["linux/ioctl.h", "linux/eventpoll.h"],
    recent: true,
    expressions: {
      ...single({ EPIOCSPARAMS: "EPIOCSPARAMS", EPIOCGPARAMS: "EPIOCGPARAMS" }),
      ...layout("struct epoll_params", abi.EPOLL_PARAMS),
    },
  },
  {
    headers: ["linux/keyctl.h"],
    expressions: {
      ...prefixed("KEYCTL_", abi.KEYCTL),
      ...prefixed("KEY_SPEC_", abi.KEY_SPEC),
    },
  },
  {
    headers: ["linux/seccomp.h", "linux/filter.h", "linux/aio_abi.h", "linux/uio.h", "linux/limits.h", "linux/major.h"],
    expressions: {
      ...prefixed("SECCOMP_MODE_", abi.SECCOMP_MODE),
      ...prefixed("SECCOMP_SET_MODE_", abi.SECCOMP_SET_MODE),
      ...prefixed("IOCB_CMD_", abi.IOCB_CMD),
      ...prefixed("", abi.MAJOR, {
        MEM: "MEM_MAJOR",
        TTYAUX: "TTYAUX_MAJOR",
        MISC: "MISC_MAJOR",
        UNIX98_PTY_SLAVE: "UNIX98_PTY_SLAVE_MAJOR",
      }),
      ...single({
        SOCK_FILTER_SIZE: "sizeof(struct sock_filter)",
        IO_EVENT_SIZE: "sizeof(struct io_event)",
        IOVEC_SIZE: "sizeof(struct iovec)",
        PATH_MAX: "PATH_MAX",
        UNIX98_PTY_MAJOR_COUNT: "UNIX98_PTY_MAJOR_COUNT",
      }),
    },
  },
  {
    headers: ["linux/ipc.h", "linux/msg.h", "linux/sem.h", "linux/shm.h"],
    expressions: {
      ...prefixed("IPC_", abi.IPC),
      ...layout("struct ipc64_perm", abi.IPC64_PERM),
      ...layout("struct msqid64_ds", abi.MSQID64_DS),
      ...prefixed("SHM_", abi.SHM),
      ...single({
        MSG_COPY: "MSG_COPY",
        GETPID: "GETPID",
        GETALL: "GETALL",
        SETALL: "SETALL",
        SEMID64_DS_SIZE: "sizeof(struct semid64_ds)",
        SHMID64_DS_SIZE: "sizeof(struct shmid64_ds)",
      }),
    },
  },
  {
    headers: ["linux/mqueue.h"],
    expressions: layout("struct mq_attr", abi.MQ_ATTR, {
      maxmsg: "offsetof(struct mq_attr, mq_maxmsg)",
      msgsize: "offsetof(struct mq_attr, mq_msgsize)",
      curmsgs: "offsetof(struct mq_attr, mq_curmsgs)",
    }),
  },
  { headers: ["sys/shm.h"], expressions: prefixed("SHM_", abi.SHM_MODE) },
  {
    headers: ["linux/time.h", "asm/poll.h"],
    expressions: {
      ...prefixed("CLOCK_", abi.CLOCK),
      ...prefixed("ITIMER_", abi.ITIMER),
      ...prefixed("POLL", abi.POLL),
      ...single({ ITIMERVAL_SIZE: "sizeof(struct itimerval)" }),
    },
  },
  {
    headers: ["linux/signal.h"],
    expressions: {
      ...prefixed("SIG", abi.SIG),
      ...prefixed("SIG_", abi.SIG_BLOCK),
      ...prefixed("SIGEV_", abi.SIGEV),
      ...prefixed("SS_", abi.SS),
      ...layout("stack_t", abi.STACK_T),
      ...single({
        SIG_DFL: "(long) SIG_DFL",
        SIG_IGN: "(long) SIG_IGN",
        KERNEL_SIGACTION_SIZE: "sizeof(struct sigaction)",
        SIGINFO_SIZE: "sizeof(siginfo_t)",
      }),
    },
  },
];
