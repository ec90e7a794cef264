import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as abi from "../src/abi/mod.ts";
import { SYSCALL_NUMBERS } from "../src/abi/syscalls-x86-64.ts";
import { isInstalled, needing, temporaryDirectory } from "./support.ts";

type Table = Readonly<Record<string, number | bigint>>;

/** What the C compiler is asked, and the value that these tables give. */
type Expressions = Readonly<Record<string, number | bigint>>;

const exported: Readonly<Record<string, unknown>> = abi;

/** What is compared with a header: tables, and the names of single numbers. */
const compared = new Set<unknown>();

/** `PROT.READ` is PROT_READ; `special` gives the C expressions of the members that follow another rule. */
function prefixed(prefix: string, table: Table, special: Readonly<Record<string, string>> = {}): Expressions {
  compared.add(table);
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [special[name] ?? `${prefix}${name}`, value]));
}

/** Offsets of the members of a struct, and its size; `special` as above. */
function layout(struct: string, table: Table, special: Readonly<Record<string, string>> = {}): Expressions {
  compared.add(table);
  const expression = (name: string) => (name === "size" ? `sizeof(${struct})` : `offsetof(${struct}, ${name})`);
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [special[name] ?? expression(name), value]));
}

/** Exports that are one number, by the C expressions that they stand for. */
function single(expressions: Readonly<Partial<Record<keyof typeof abi, string>>>): Expressions {
  const entries = Object.entries(expressions) as [keyof typeof abi, string][];
  for (const [name] of entries) compared.add(name);
  return Object.fromEntries(entries.map(([name, expression]) => [expression, exported[name] as number | bigint]));
}

function numbered(names: readonly string[]): Expressions {
  return Object.fromEntries(names.map((name, number) => [name, number]));
}

const { size: mmMapSize, fields: mmMapFields, auxv, auxv_size, exe_fd } = abi.PRCTL_MM_MAP;
const mmMap = {
  ...Object.fromEntries(mmMapFields.map((name, index) => [name, 8 * index])),
  auxv,
  auxv_size,
  exe_fd,
  size: mmMapSize,
};

interface Group {
  readonly headers: readonly string[];
  readonly expressions: Expressions;
  /** Headers older than the tables may know none of it. */
  readonly recent?: boolean;
}

const GROUPS: readonly Group[] = [
  { headers: ["asm/unistd.h"], expressions: prefixed("__NR_", SYSCALL_NUMBERS) },
  { headers: ["sys/eventfd.h"], expressions: single({ EFD_SEMAPHORE: "EFD_SEMAPHORE" }) },
  {
    headers: ["linux/landlock.h"],
    expressions: {
      ...prefixed("LANDLOCK_ACCESS_FS_", abi.LANDLOCK_ACCESS_FS),
      ...single({ LANDLOCK_CREATE_RULESET_VERSION: "LANDLOCK_CREATE_RULESET_VERSION" }),
    },
  },
  { headers: ["asm/errno.h"], expressions: prefixed("", abi.ERRNO) },
  {
    headers: ["linux/fcntl.h", "linux/stat.h"],
    expressions: {
      ...prefixed("O_", abi.O, { TMPFILE: "__O_TMPFILE | O_DIRECTORY" }),
      ...prefixed("F_", abi.F),
      ...prefixed("F_", abi.F_LOCK),
      ...prefixed("F_OWNER_", abi.F_OWNER),
      ...prefixed("F_SEAL_", abi.F_SEAL),
      ...prefixed("LOCK_", abi.LOCK),
      ...prefixed("AT_", abi.AT),
      ...prefixed("S_IF", abi.S_IF),
      ...single({ FD_CLOEXEC: "FD_CLOEXEC", AT_FDCWD: "AT_FDCWD" }),
    },
  },
  { headers: ["fcntl.h"], expressions: prefixed("SPLICE_F_", abi.SPLICE_F) },
  { headers: ["linux/fs.h"], expressions: prefixed("SEEK_", abi.SEEK) },
  {
    headers: ["linux/fs.h"],
    recent: true,
    expressions: {
      ...prefixed("PAGE_IS_", abi.PAGE_IS),
      ...layout("struct pm_scan_arg", abi.PM_SCAN_ARG, { length: "sizeof(struct pm_scan_arg)" }),
      ...single({ PAGEMAP_SCAN: "PAGEMAP_SCAN", PAGE_REGION_SIZE: "sizeof(struct page_region)" }),
    },
  },
  {
    headers: ["linux/mman.h", "linux/memfd.h", "asm-generic/hugetlb_encode.h"],
    expressions: {
      ...prefixed("PROT_", abi.PROT),
      ...prefixed("MAP_", abi.MAP),
      ...prefixed("MADV_", abi.MADV),
      ...prefixed("MREMAP_", abi.MREMAP),
      ...prefixed("MCL_", abi.MCL),
      ...single({ MLOCK_ONFAULT: "MLOCK_ONFAULT" }),
      ...single({ MS_INVALIDATE: "MS_INVALIDATE" }),
      ...prefixed("MFD_", abi.MFD),
      ...prefixed("HUGETLB_FLAG_ENCODE_", abi.HUGETLB_FLAG_ENCODE),
    },
  },
  { headers: ["sys/user.h"], expressions: single({ PAGE_SIZE: "PAGE_SIZE" }) },
  { headers: ["linux/udp.h"], expressions: prefixed("UDP_", abi.UDP) },
  { headers: ["asm/statfs.h"], expressions: single({ STATFS_SIZE: "sizeof(struct statfs)" }) },
  { headers: ["asm/stat.h"], expressions: layout("struct stat", abi.STAT, { uid: "offsetof(struct stat, st_uid)" }) },
  { headers: ["linux/ioprio.h"], expressions: single({ IOPRIO_WHO_PROCESS: "IOPRIO_WHO_PROCESS" }) },
  {
    headers: ["linux/mount.h"],
    expressions: {
      ...prefixed("MS_", abi.MS),
      ...prefixed("OPEN_TREE_", abi.OPEN_TREE),
      ...prefixed("MOUNT_ATTR_", abi.MOUNT_ATTR, { ATIME: "MOUNT_ATTR__ATIME" }),
      ...prefixed("MOVE_MOUNT_", abi.MOVE_MOUNT),
      ...single({ MOUNT_ATTR_SIZE: "MOUNT_ATTR_SIZE_VER0" }),
    },
  },
  { headers: ["sys/mount.h"], expressions: prefixed("MNT_", abi.MNT) },
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
    headers: ["asm/ptrace.h", "linux/ptrace.h", "linux/elf.h"],
    expressions: {
      ...prefixed("PTRACE_", abi.PTRACE),
      ...prefixed("PTRACE_O_", abi.PTRACE_O),
      ...prefixed("NT_", abi.NT),
      ...single({ PTRACE_EVENT_STOP: "PTRACE_EVENT_STOP" }),
    },
  },
  {
    headers: ["elf.h"],
    expressions: {
      ...prefixed("ELFCLASS", abi.ELFCLASS),
      ...prefixed("ET_", abi.ET),
      ...prefixed("EM_", abi.EM),
      ...prefixed("PT_", abi.PT),
      ...prefixed("PF_", abi.PF),
      ...prefixed("DT_", abi.DT),
      ...prefixed("STT_", abi.STT),
      ...prefixed("", abi.ELF64, {
        EHDR_SIZE: "sizeof(Elf64_Ehdr)",
        PHDR_SIZE: "sizeof(Elf64_Phdr)",
        SYM_SIZE: "sizeof(Elf64_Sym)",
      }),
      ...single({
        ELF_MAGIC: "*(unsigned int *) ELFMAG",
        NHDR_SIZE: "sizeof(Elf64_Nhdr)",
        NT_GNU_BUILD_ID: "NT_GNU_BUILD_ID",
      }),
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
    headers: ["sys/socket.h", "netinet/in.h", "netinet/tcp.h"],
    expressions: {
      ...prefixed("AF_", abi.AF),
      ...prefixed("SOCK_", abi.SOCK),
      ...prefixed("SOL_", abi.SOL),
      ...prefixed("SO_", abi.SO),
      ...prefixed("MSG_", abi.MSG),
      ...prefixed("SCM_", abi.SCM),
      ...prefixed("SHUT_", abi.SHUT),
      ...layout("struct msghdr", abi.MSGHDR),
      ...single({ CMSG_HEADER_SIZE: "sizeof(struct cmsghdr)" }),
    },
  },
  {
    headers: ["linux/un.h", "linux/net.h", "linux/sockios.h", "asm/ioctls.h"],
    expressions: single({
      UNIX_PATH_MAX: "UNIX_PATH_MAX",
      SIOCUNIXFILE: "SIOCUNIXFILE",
      SO_ACCEPTCON: "__SO_ACCEPTCON",
      SIOCGIFINDEX: "SIOCGIFINDEX",
      SIOCGIFNAME: "SIOCGIFNAME",
      SIOCINQ: "SIOCINQ",
      SIOCOUTQ: "SIOCOUTQ",
      SIOCOUTQNSD: "SIOCOUTQNSD",
    }),
  },
  {
    headers: ["linux/in.h", "linux/in6.h", "linux/icmp.h"],
    expressions: {
      ...prefixed("IPPROTO_", abi.IPPROTO),
      ...prefixed("IP_", abi.IP),
      ...prefixed("IPV6_", abi.IPV6),
      ...prefixed("MCAST_", abi.MCAST),
      ...layout("struct group_filter", abi.GROUP_FILTER),
      ...single({ ICMP_FILTER: "ICMP_FILTER", SOCKADDR_STORAGE_SIZE: "sizeof(struct __kernel_sockaddr_storage)" }),
    },
  },
  {
    headers: ["netinet/tcp.h"],
    expressions: {
      ...prefixed("TCP_", abi.TCP),
      ...prefixed("TCP_", abi.TCP_STATE),
      ...prefixed("TCP_", abi.TCP_QUEUE, {
        NONE: "TCP_NO_QUEUE",
        RECV: "TCP_RECV_QUEUE",
        SEND: "TCP_SEND_QUEUE",
      }),
      ...prefixed("TH_", abi.TCP_FLAG),
      ...prefixed("TCPI_OPT_", abi.TCPI_OPT),
      ...prefixed("TCPOPT_", abi.TCPOPT, { SACK_PERM: "TCPOPT_SACK_PERMITTED" }),
      ...layout("struct tcp_info", abi.TCP_INFO, {
        size: "offsetof(struct tcp_info, tcpi_total_retrans) + sizeof(int)",
        wscale: "offsetof(struct tcp_info, tcpi_options) + 1",
      }),
    },
  },
  {
    headers: ["linux/netlink.h", "linux/sock_diag.h", "linux/unix_diag.h", "linux/inet_diag.h", "linux/netlink_diag.h"],
    expressions: {
      ...prefixed("NETLINK_", abi.NETLINK),
      ...prefixed("NETLINK_", abi.NETLINK_OPTION),
      ...prefixed("NLM_F_", abi.NLM_F),
      ...prefixed("NLMSG_", abi.NLMSG),
      ...prefixed("UDIAG_SHOW_", abi.UDIAG_SHOW),
      ...prefixed("UNIX_DIAG_", abi.UNIX_DIAG),
      ...layout("struct unix_diag_req", abi.UNIX_DIAG_REQ),
      ...layout("struct unix_diag_msg", abi.UNIX_DIAG_MSG),
      ...prefixed("INET_DIAG_", abi.INET_DIAG),
      ...layout("struct inet_diag_req_v2", abi.INET_DIAG_REQ_V2),
      ...layout("struct inet_diag_msg", abi.INET_DIAG_MSG),
      ...prefixed("", abi.INET_DIAG_SOCKID, {
        idiag_sport: "offsetof(struct inet_diag_msg, id.idiag_sport)",
        idiag_dport: "offsetof(struct inet_diag_msg, id.idiag_dport)",
        idiag_src: "offsetof(struct inet_diag_msg, id.idiag_src)",
        idiag_dst: "offsetof(struct inet_diag_msg, id.idiag_dst)",
      }),
      ...prefixed("NDIAG_SHOW_", abi.NDIAG_SHOW),
      ...prefixed("NETLINK_DIAG_", abi.NETLINK_DIAG),
      ...layout("struct netlink_diag_req", abi.NETLINK_DIAG_REQ),
      ...layout("struct netlink_diag_msg", abi.NETLINK_DIAG_MSG),
      ...single({
        NETLINK_CONNECTED: "NETLINK_CONNECTED",
        NLMSGHDR_SIZE: "sizeof(struct nlmsghdr)",
        NLA_F_NESTED: "NLA_F_NESTED",
        NLA_TYPE_MASK: "NLA_TYPE_MASK & 0xffff",
        SOCK_DIAG_BY_FAMILY: "SOCK_DIAG_BY_FAMILY",
        NDIAG_PROTO_ALL: "NDIAG_PROTO_ALL",
      }),
    },
  },
  {
    headers: [
      "linux/rtnetlink.h",
      "linux/net_namespace.h",
      "linux/veth.h",
      "linux/fib_rules.h",
      "linux/if.h",
      "linux/if_arp.h",
    ],
    expressions: {
      ...prefixed("RTM_", abi.RTM),
      ...layout("struct ifinfomsg", abi.IFINFOMSG),
      ...layout("struct rtmsg", abi.RTMSG),
      ...prefixed("RTM_F_", abi.RTM_F),
      ...prefixed("RT_TABLE_", abi.RT_TABLE),
      ...prefixed("RT_SCOPE_", abi.RT_SCOPE),
      ...prefixed("RTA_", abi.RTA),
      ...layout("struct rtnexthop", abi.RTNEXTHOP),
      ...prefixed("RTNH_F_", abi.RTNH_F),
      ...prefixed("NETNSA_", abi.NETNSA),
      ...prefixed("IFLA_", abi.IFLA),
      ...prefixed("IFLA_INFO_", abi.IFLA_INFO),
      ...prefixed("IFLA_MACVLAN_", abi.IFLA_MACVLAN),
      ...prefixed("IFLA_TUN_", abi.IFLA_TUN),
      ...prefixed("VETH_INFO_", abi.VETH_INFO),
      ...layout("struct ifaddrmsg", abi.IFADDRMSG),
      ...prefixed("IFA_", abi.IFA),
      ...prefixed("IFA_F_", abi.IFA_F),
      ...layout("struct fib_rule_hdr", abi.FIB_RULE_HDR),
      ...prefixed("FRA_", abi.FRA),
      ...prefixed("FR_ACT_", abi.FR_ACT),
      ...prefixed("ARPHRD_", abi.ARPHRD),
      ...prefixed("IFF_", abi.IFF),
      ...layout("struct ifreq", abi.IFREQ, {
        ifindex: "offsetof(struct ifreq, ifr_ifru.ifru_ivalue)",
        flags: "offsetof(struct ifreq, ifr_ifru.ifru_flags)",
      }),
    },
  },
  {
    headers: [
      "linux/netfilter.h",
      "linux/netfilter/nfnetlink.h",
      "linux/netfilter/nf_tables.h",
      "linux/netfilter/nfnetlink_conntrack.h",
      "linux/netfilter/nf_conntrack_tcp.h",
    ],
    expressions: {
      ...prefixed("NFPROTO_", abi.NFPROTO),
      ...prefixed("NFNL_MSG_", abi.NFNL_MSG),
      ...prefixed("NFNL_SUBSYS_", abi.NFNL_SUBSYS),
      ...prefixed("NFT_MSG_", abi.NFT_MSG),
      ...prefixed("NFTA_TABLE_", abi.NFTA_TABLE),
      ...prefixed("NFT_TABLE_F_", abi.NFT_TABLE_F),
      ...prefixed("NFTA_CHAIN_", abi.NFTA_CHAIN),
      ...prefixed("NFTA_HOOK_", abi.NFTA_HOOK),
      ...prefixed("NFTA_RULE_", abi.NFTA_RULE),
      ...prefixed("NFTA_LIST_", abi.NFTA_LIST),
      ...prefixed("NFTA_EXPR_", abi.NFTA_EXPR),
      ...prefixed("NFTA_META_", abi.NFTA_META),
      ...prefixed("NFTA_CMP_", abi.NFTA_CMP),
      ...prefixed("NFTA_IMMEDIATE_", abi.NFTA_IMMEDIATE),
      ...prefixed("NFTA_DATA_", abi.NFTA_DATA),
      ...prefixed("NFTA_VERDICT_", abi.NFTA_VERDICT),
      ...prefixed("NFT_REG_", abi.NFT_REG),
      ...prefixed("NFT_META_", abi.NFT_META),
      ...prefixed("NFT_CMP_", abi.NFT_CMP),
      ...prefixed("NF_", abi.NF),
      ...prefixed("NF_INET_", abi.NF_INET),
      ...prefixed("CTA_", abi.CTA),
      ...prefixed("CTA_PROTOINFO_", abi.CTA_PROTOINFO),
      ...prefixed("CTA_PROTOINFO_TCP_", abi.CTA_PROTOINFO_TCP),
      ...prefixed("IP_CT_TCP_FLAG_", abi.IP_CT_TCP_FLAG),
      ...single({ NFGENMSG_SIZE: "sizeof(struct nfgenmsg)" }),
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
    headers: ["sys/eventfd.h", "linux/landlock.h"],
    recent: true,
    expressions: {
      ...prefixed("LANDLOCK_ACCESS_FS_", abi.LANDLOCK_ACCESS_FS),
      ...single({
        EFD_SEMAPHORE: "EFD_SEMAPHORE",
        LANDLOCK_CREATE_RULESET_VERSION: "LANDLOCK_CREATE_RULESET_VERSION",
      }),
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
    headers: ["linux/timerfd.h", "linux/inotify.h", "linux/ioctl.h"],
    expressions: {
      ...prefixed("TFD_TIMER_", abi.TFD_TIMER),
      ...single({
        TFD_IOC_SET_TICKS: "TFD_IOC_SET_TICKS",
        INOTIFY_IOC_SETNEXTWD: "INOTIFY_IOC_SETNEXTWD",
        INOTIFY_SETTABLE: "IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT",
      }),
    },
  },
  {
    headers: ["sys/socket.h", "linux/if_packet.h"],
    expressions: {
      ...prefixed("PACKET_", abi.PACKET),
      ...layout("struct packet_mreq", abi.PACKET_MREQ),
      ...single({ SOCK_PACKET: "SOCK_PACKET" }),
    },
  },
  {
    headers: ["sys/ioctl.h", "linux/if_tun.h"],
    expressions: { ...prefixed("TUN", abi.TUN), ...prefixed("IFF_", abi.IFF_TUN) },
  },
  {
    headers: ["linux/auto_fs.h", "linux/auto_dev-ioctl.h"],
    expressions: {
      ...prefixed("AUTOFS_DEV_IOCTL_", abi.AUTOFS_DEV_IOCTL),
      ...prefixed("AUTOFS_IOC_", abi.AUTOFS_IOC),
    },
  },
  {
    headers: ["linux/bpf.h"],
    expressions: {
      ...prefixed("BPF_", abi.BPF),
      ...prefixed("BPF_MAP_TYPE_", abi.BPF_MAP_TYPE),
      ...prefixed("BPF_F_", abi.BPF_F),
      ...layout("union bpf_attr", abi.BPF_MAP_CREATE_ATTR, { size: "offsetof(union bpf_attr, map_extra) + 8" }),
      ...layout("struct bpf_map_info", abi.BPF_MAP_INFO),
      ...single({ BPF_OBJ_NAME_LEN: "BPF_OBJ_NAME_LEN" }),
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
    headers: ["linux/ioctl.h", "asm/ioctls.h", "asm/termios.h"],
    expressions: {
      ...prefixed("", abi.TTY, { TIOCINQ: "FIONREAD" }),
      ...layout("struct termios", abi.TERMIOS),
      ...prefixed("", abi.C_CFLAG),
      ...prefixed("", abi.C_LFLAG),
      ...single({ FIONREAD: "FIONREAD", NCCS: "NCCS", WINSIZE_SIZE: "sizeof(struct winsize)" }),
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

/** No header of user space names these. */
const NOT_IN_HEADERS = [
  // Of the kernel alone.
  "FEATURE_WORDS",
  "LINUX_CPU_FEATURES",
  "NSIG",
  "SIGSET_SIZE",
  "TASK_SIZE",
  // Documentation/admin-guide/mm/pagemap.rst, ptrace(2), fcntl(2), Intel SDM.
  "PM",
  "SYSCALL_STOP",
  "SETTABLE_FLAGS",
  "XSAVE_LEAF",
  // struct ptrace_sud_config is newer than the headers of some distributions.
  "SYSCALL_DISPATCH_SIZE",
  // Compared with sys/user.h below.
  "USER_REGS_SIZE",
];

function isTable(value: unknown): value is Table {
  const isNumber = (each: unknown) => typeof each === "number" || typeof each === "bigint";
  return isNumber(value) || (typeof value === "object" && value !== null && Object.values(value).every(isNumber));
}

/** The values that a C compiler has for expressions; those that its headers do not know are left out. */
function valuesInHeaders(headers: readonly string[], expressions: readonly string[]): ReadonlyMap<string, bigint> {
  const folder = temporaryDirectory();
  const program = join(folder, "probe");
  let wanted = expressions;
  // Older headers lack some: what the compiler complains about is left out, until it is content.
  for (let round = 0; round < 20; round++) {
    const lines = wanted.map((text) => `printf("%s=%lld\\n", ${JSON.stringify(text)}, (long long)(${text}));`);
    const includes = [...headers, "stdio.h", "stddef.h"].map((header) => `#include <${header}>`);
    writeFileSync(`${program}.c`, `${includes.join("\n")}\nint main(void) {\n${lines.join("\n")}\nreturn 0; }\n`);
    const args = ["-w", "-D_GNU_SOURCE", "-fmax-errors=1000", "-o", program, `${program}.c`];
    const compiled = spawnSync("gcc", args, { encoding: "utf8", timeout: 60_000 });
    if (compiled.status === 0) break;
    const unknown = new Set(
      [...compiled.stderr.matchAll(/probe\.c:(\d+):\d+: error/g)].map(([, line]) => Number(line)),
    );
    const before = includes.length + 2;
    const rest = wanted.filter((_text, index) => !unknown.has(before + index));
    if (rest.length === wanted.length) throw new Error(compiled.stderr);
    wanted = rest;
  }
  const ran = spawnSync(program, { encoding: "utf8", timeout: 10_000 });
  const pairs = ran.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("=") as [string, string]);
  return new Map(pairs.map(([text, value]) => [text, BigInt(value)]));
}

const there = process.arch === "x64" && isInstalled("gcc");

describe.skipIf(!there)(needing(there, "constants of the kernel's interface", "gcc on x86_64"), () => {
  it.each(GROUPS)("equal those of $headers", ({ headers, expressions, recent = false }) => {
    const expected = Object.entries(expressions).map(
      ([expression, value]) => [expression, BigInt.asIntN(64, BigInt(value))] as const,
    );
    const found = valuesInHeaders(
      headers,
      expected.map(([expression]) => expression),
    );
    const known = expected.filter(([expression]) => found.has(expression));
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(known));
    // Older headers lack a few; lacking most would mean that nothing was compared.
    if (!recent) expect(found.size).toBeGreaterThan(0.8 * expected.length);
  });

  it("place registers as sys/user.h does", () => {
    const long: Readonly<Record<string, string>> = { flags: "eflags" };
    const short = new Set(["bp", "bx", "ax", "cx", "dx", "si", "di", "ip", "sp"]);
    const names = abi.USER_REGS.map((name) => (short.has(name) ? `r${name}` : (long[name] ?? name)));
    const expressions = names.map(
      (name) => `offsetof(struct user_regs_struct, ${name === "orig_ax" ? "orig_rax" : name})`,
    );
    const found = valuesInHeaders(["sys/user.h"], [...expressions, "sizeof(struct user_regs_struct)"]);
    expect([...found.values()]).toEqual([
      ...abi.USER_REGS.map((name) => BigInt(abi.userRegOffset(name))),
      BigInt(abi.USER_REGS_SIZE),
    ]);
  });
});

describe("the tables", () => {
  it("are all compared with a header", () => {
    const numeric = Object.entries(abi).filter(([, value]) => isTable(value));
    const missing = numeric
      .filter(([name, value]) => !compared.has(value) && !compared.has(name))
      .map(([name]) => name);
    expect(missing.sort()).toEqual(NOT_IN_HEADERS.toSorted());
  });
});

describe("waitStatus", () => {
  it.each([
    [0, { kind: "exited", code: 0 }],
    [0x2a00, { kind: "exited", code: 42 }],
    [9, { kind: "killed", signal: 9, core: false }],
    [0x8b, { kind: "killed", signal: 11, core: true }],
    [0x057f, { kind: "stopped", signal: 5, event: 0 }],
    [0x80057f, { kind: "stopped", signal: 5, event: abi.PTRACE_EVENT_STOP }],
  ])("splits 0x%s", (status, parts) => {
    expect(abi.waitStatus(status)).toEqual(parts);
  });
});

describe("names of numbers", () => {
  it("name errors, signals and calls, and keep numbers that have none", () => {
    expect(abi.errnoName(2)).toBe("ENOENT");
    expect(abi.errnoText(2)).toMatch(/^ENOENT \(.+\)$/);
    expect(abi.errnoName(4000)).toContain("4000");
    expect(abi.signalName(17)).toBe("SIGCHLD");
    expect(abi.signalName(34)).toBe("SIGRT34");
    expect(abi.syscallName(39)).toBe("getpid");
    expect(abi.syscallName(9999)).toBeUndefined();
  });

  it("find capabilities in a set", () => {
    expect(abi.hasCapability(1n << 21n, "CAP_SYS_ADMIN")).toBe(true);
    expect(abi.hasCapability(1n << 20n, "CAP_SYS_ADMIN")).toBe(false);
  });
});
