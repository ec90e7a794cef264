/** Ways to compare files, CRIU's names. */
export const FILE_VALIDATIONS = ["buildid", "filesize"] as const;

/** Ways to handle cgroups, CRIU's names. Source: criu(8), "--manage-cgroups". */
export const CGROUP_MODES = ["soft", "none", "props", "full", "strict", "ignore"] as const;

/** Namespaces that may be left empty. Source: criu(8), "--empty-ns". */
export const EMPTY_NAMESPACES = ["net"] as const;

/** How processors are compared, CRIU's names: state of the floating point unit, instructions, everything. */
export const CPU_CAPABILITIES = ["fpu", "ins", "cpu"] as const;
export type CpuCapability = (typeof CPU_CAPABILITIES)[number];

/** Namespaces of others that a tree can go into. Source: criu(8), "--join-ns". */
export const JOINED_NAMESPACES = ["net", "ipc", "uts", "time"] as const;

/** What a restore can be told, beside plugins. */
export interface RestoreOptions {
  /** Directory of the images, or another location that an image source plugin knows. */
  readonly images: string;
  /** The tree becomes init's and goes on by itself; else it is a child of this process. */
  readonly detached: boolean;
  /** Detached, it is a child of this process's parent. */
  readonly sibling: boolean;
  /** The tree comes up in a new pid namespace under an init of ours, so that no pid of it can be taken. */
  readonly newPidNamespace: boolean;
  /** Restored by a user without privileges: in new user and pid namespaces. */
  readonly unprivileged: boolean;
  /** Tasks are left stopped (SIGSTOP) instead of running. */
  readonly leaveStopped: boolean;
  /** How long a task may go without finishing a call, in milliseconds. */
  readonly timeout: number;
  /** File with the pid of the root task, written before the tree resumes. */
  readonly pidfile: string | undefined;
  /** Restore the job of a shell: in session and group of this process, and with its terminal, which is standard input. */
  readonly shellJob: boolean;
  /** Accept files whose permissions changed. */
  readonly skipFileRwxCheck: boolean;
  /** How files are compared with what they were: by size and build-id, or by size alone. */
  readonly fileValidation: (typeof FILE_VALIDATIONS)[number];
  /** What of this processor has to be as at the checkpoint. Source: criu(8), "--cpu-cap". */
  readonly cpuCap: readonly CpuCapability[];
  /** Take the file locks of the checkpoint again; without it a checkpoint that has some is refused. */
  readonly fileLocks: boolean;
  /** Descriptors of this process that take the place of files, by CRIU's names for these: `pipe:[123]`, `var/log/app.log`. */
  readonly inheritFd: Readonly<Record<string, number>>;
  /** What is done with cgroups: CRIU's modes. */
  readonly manageCgroups: (typeof CGROUP_MODES)[number];
  /** Another path for the cgroups of the root task, in all hierarchies. */
  readonly cgroupRoot: string | undefined;
  /** The same for single hierarchies, by one of their controllers. */
  readonly cgroupRoots: Readonly<Record<string, string>>;
  /** A directory where hierarchies are mounted, each named after its controllers; without it they are found where this machine has them. */
  readonly cgroupYard: string | undefined;
  /** Programs that are run at CRIU's points of a restore, with CRIU's environment variables. */
  readonly actionScripts: readonly string[];
  /** What stands outside the tree and takes the place of what the checkpoint names, as CRIU: `mnt[NAME]:/path`, `veth[eth0]:veth1`. */
  readonly external: readonly string[];
  /** Namespaces that come back without their content, CRIU's names: an action script fills them. */
  readonly emptyNamespaces: readonly (typeof EMPTY_NAMESPACES)[number][];
  /** Namespaces of others that the tree goes into, by kind: their paths. */
  readonly joinNamespaces: Readonly<Partial<Record<(typeof JOINED_NAMESPACES)[number], string>>>;
  /** Leave sysctls out that this kernel does not have; without it a checkpoint that has some is refused. */
  readonly weakSysctls: boolean;
  /** The root of the mount tree, for a tree with a mount namespace of its own. */
  readonly root: string | undefined;
  /** Connect Unix sockets to peers outside the tree again; without it a checkpoint that has some is refused. */
  readonly extUnixSockets: boolean;
  /** Restore TCP connections; without it, or `tcpClose`, a checkpoint that has some is refused. */
  readonly tcpEstablished: boolean;
  /** TCP connections come back closed. */
  readonly tcpClose: boolean;
}

export const DEFAULT_OPTIONS: Omit<RestoreOptions, "images"> = {
  detached: false,
  sibling: false,
  newPidNamespace: false,
  unprivileged: false,
  leaveStopped: false,
  timeout: 60_000,
  pidfile: undefined,
  shellJob: false,
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
