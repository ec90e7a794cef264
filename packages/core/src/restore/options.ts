/** Ways to compare files, by CRIU's names. */
export const FILE_VALIDATIONS = ["buildid", "filesize"] as const;

/** Ways to handle cgroups, by CRIU's names. Source: criu(8), "--manage-cgroups". */
export const CGROUP_MODES = ["soft", "none", "props", "full", "strict", "ignore"] as const;

/** Namespaces that can be left empty. Source: criu(8), "--empty-ns". */
export const EMPTY_NAMESPACES = ["net"] as const;

/** What is compared of processors, by CRIU's names: state of the floating point unit, instructions, everything. */
export const CPU_CAPABILITIES = ["fpu", "ins", "cpu"] as const;
export type CpuCapability = (typeof CPU_CAPABILITIES)[number];

/** Existing namespaces that a tree can join. Source: criu(8), "--join-ns". */
export const JOINED_NAMESPACES = ["net", "ipc", "uts", "time"] as const;

/** What can happen when pids of a checkpoint are in use. */
export const PID_POLICIES = ["fail", "wait", "new-namespace"] as const;
export type PidPolicy = (typeof PID_POLICIES)[number];

/** The options of a restore, beside plugins. */
export interface RestoreOptions {
  /** Directory of the images, or another location that an image source plugin knows. */
  readonly images: string;
  /** Init adopts the tree, which goes on by itself; otherwise this process stays its parent. */
  readonly detached: boolean;
  /** When detached, the tree becomes a child of this process's parent. */
  readonly sibling: boolean;
  /** Restore the tree in a new pid namespace under an init of Restage's, where no pid is taken. */
  readonly newPidNamespace: boolean;
  /** What happens when pids of the checkpoint are in use: the restore fails, waits, or makes a new pid namespace. Default: `fail`. */
  readonly pidPolicy: PidPolicy | undefined;
  /** Restore without privileges, in new user and pid namespaces. */
  readonly unprivileged: boolean;
  /** Leave tasks stopped (SIGSTOP) instead of running. */
  readonly leaveStopped: boolean;
  /** How long a task can be in one call, in milliseconds. */
  readonly timeout: number;
  /** File with the pid of the root task, written before the tree resumes. */
  readonly pidfile: string | undefined;
  /** Restore the job of a shell in the session and group of this process, with its terminal, which is standard input. */
  readonly shellJob: boolean;
  /** Compare all images with the digests in the checkpoint before anything is read from them. */
  readonly verify: boolean;
  /**
   * The socket of a `lazy-pages` daemon, Restage's or CRIU's: pages that can come later come when they are touched, and in the background. Without it, all
   * memory is restored before the tree runs.
   */
  readonly lazyPages: string | undefined;
  /** Accept files whose permissions changed. */
  readonly skipFileRwxCheck: boolean;
  /** How files are compared with those of the checkpoint: by size and build-id, or by size alone. */
  readonly fileValidation: (typeof FILE_VALIDATIONS)[number];
  /** What this processor must have in common with that of the checkpoint. Source: criu(8), "--cpu-cap". */
  readonly cpuCap: readonly CpuCapability[];
  /** Restore file locks; without it, a checkpoint with file locks is refused. */
  readonly fileLocks: boolean;
  /** Descriptors of this process that replace files, by CRIU's names for these: `pipe:[123]`, `var/log/app.log`. */
  readonly inheritFd: Readonly<Record<string, number>>;
  /** How cgroups are handled: CRIU's modes. */
  readonly manageCgroups: (typeof CGROUP_MODES)[number];
  /** Another path for the cgroups of the root task, in all hierarchies. */
  readonly cgroupRoot: string | undefined;
  /** Another path for the cgroups of single hierarchies, by one of their controllers. */
  readonly cgroupRoots: Readonly<Record<string, string>>;
  /** A directory with mounted hierarchies, each named after its controllers; without it, Restage uses those that this machine has mounted. */
  readonly cgroupYard: string | undefined;
  /** Programs to run at CRIU's points of a restore, with CRIU's environment variables. */
  readonly actionScripts: readonly string[];
  /** Resources outside the tree that replace those of the checkpoint, in CRIU's form: `mnt[NAME]:/path`, `veth[eth0]:veth1`. */
  readonly external: readonly string[];
  /** Namespaces that are restored without their content, by CRIU's names: an action script fills them. */
  readonly emptyNamespaces: readonly (typeof EMPTY_NAMESPACES)[number][];
  /** Existing namespaces that the tree joins: paths by kind. */
  readonly joinNamespaces: Readonly<Partial<Record<(typeof JOINED_NAMESPACES)[number], string>>>;
  /** Leave out sysctls that this kernel does not have; without it, a checkpoint with such sysctls is refused. */
  readonly weakSysctls: boolean;
  /** The root of the mount tree, for a tree with a mount namespace of its own. */
  readonly root: string | undefined;
  /** Reconnect Unix sockets to peers outside the tree; without it, a checkpoint with such sockets is refused. */
  readonly extUnixSockets: boolean;
  /** Restore TCP connections; without it, or `tcpClose`, a checkpoint with TCP connections is refused. */
  readonly tcpEstablished: boolean;
  /** Restore TCP connections as closed sockets. */
  readonly tcpClose: boolean;
}

export const DEFAULT_OPTIONS: Omit<RestoreOptions, "images"> = {
  detached: false,
  sibling: false,
  newPidNamespace: false,
  pidPolicy: undefined,
  unprivileged: false,
  leaveStopped: false,
  timeout: 60_000,
  pidfile: undefined,
  shellJob: false,
  verify: false,
  lazyPages: undefined,
  skipFileRwxCheck: false,
  fileValidation: "buildid",
  cpuCap: [],
  fileLocks: false,
  inheritFd: {},
  manageCgroups: "soft",
  cgroupRoot: undefined,
  cgroupRoots: {},
  cgroupYard: undefined,
  actionScripts: [],
  external: [],
  emptyNamespaces: [],
  joinNamespaces: {},
  weakSysctls: false,
  root: undefined,
  extUnixSockets: false,
  tcpEstablished: false,
  tcpClose: false,
};
