import type { AddressRange } from "./abi/address-space.ts";
import type { ProgramOutcome } from "./host/run-program.ts";
import type { Program, Step, SyscallStep } from "./program/program.ts";
import type { Seizer } from "./seizer.ts";

/** A thread under the tracer's control, always stopped between programs. Its ids are those of this process's pid namespace. */
export interface Tracee {
  readonly tid: number;
  /** The process it belongs to; equal to `tid` for a leader. */
  readonly tgid: number;
  /** True in a pid namespace below this process's, where forks return other ids than these. */
  readonly inPidNamespace?: boolean;
}

/** A task or thread that a program forked with CLONE_PTRACE. */
export interface Birth {
  readonly forker: Tracee;
  /** What the fork returned: the id in the forker's pid namespace. */
  readonly id: number;
  /** True for a thread of the forker, false for a process. */
  readonly thread: boolean;
  /** True when it was forked with CLONE_NEWPID. */
  readonly newPidNamespace: boolean;
}

/** The state with which a thread resumes. Layouts are the architecture's. */
export interface FinalState {
  /** NT_PRSTATUS: struct user_regs_struct. */
  readonly registers: Uint8Array;
  /** Entries of the GDT that registers of segments can select: struct user_desc. */
  readonly threadAreas: readonly Uint8Array[];
  readonly extendedState: ExtendedState;
  /** Blocked signals. */
  readonly signalMask: bigint;
  /** The thread's last calls, made by syscall stops. They set what a trap would undo, such as an ignored SIGTRAP. */
  readonly lastCalls: readonly SyscallStep[];
  /** Words to write into its memory once it no longer runs. They set what the kernel would clear, such as rseq_cs. */
  readonly pokes: readonly { readonly address: bigint; readonly value: bigint }[];
  /** struct ptrace_sud_config. Set after our last call in the thread, because its own dispatch would catch such a call. */
  readonly dispatch?: Uint8Array | undefined;
}

/** A thread and the state with which it resumes. */
export interface ConcludedThread {
  readonly tracee: Tracee;
  readonly state: FinalState;
}

/** Floating point and vector registers, free of any processor's layout. */
export interface ExtendedState {
  /** The FXSAVE area, 512 bytes. */
  readonly legacy: Uint8Array;
  /** Other components by their XSAVE numbers (2: upper halves of ymm, 5: opmask, ...). */
  readonly components: readonly { readonly number: number; readonly bytes: Uint8Array }[];
}

export interface StubOptions {
  /** Addresses that tasks will use. The restorer area avoids them. */
  readonly occupied: readonly AddressRange[];
  /** How long a program may go without finishing a step before it counts as stuck, in milliseconds. */
  readonly timeout: number;
  /** Makes the stub the init of a pid namespace. It stays while the tree runs. */
  readonly init?: InitOptions | undefined;
  /** Makes the stub itself the root task. */
  readonly root?: RootOptions | undefined;
  /** Makes the stub a child of this process's parent, which reaps it. A task that it forks with CLONE_PARENT becomes one too. */
  readonly sibling?: boolean;
  /** Suspends seccomp filters, for tasks that run programs when they have theirs already. Requires CAP_SYS_ADMIN in the first user namespace. */
  readonly suspendSeccomp: boolean;
}

/** Makes the root task a child of this process's parent, which only this process can do. */
export interface RootOptions {
  readonly pid: number;
  /** True for the first process of a new pid namespace. Requires CAP_SYS_ADMIN. */
  readonly newPidNamespace: boolean;
}

/** Restage's own init for a tree. Requires CAP_SYS_ADMIN, or a user namespace. */
export interface InitOptions {
  /** True for a child of this process, false for an orphan once the tree runs. */
  readonly child: boolean;
  /** A user namespace for the init and all tasks: the texts for uid_map and gid_map. Without CAP_SETGID outside, each maps one id only. */
  readonly user: { readonly uidMap: string; readonly gidMap: string } | undefined;
}

/** The stub, and the addresses that its children inherit from it. */
export interface Stub {
  readonly tracee: Tracee;
  /** The parked mappings of the vdso, in address order: vvar, vvar_vclock (Linux 6.13 or newer), vdso. */
  readonly vdso: readonly ParkedMapping[];
  /** The text of the vdso; a recording kernel has none. */
  readonly vdsoText: Uint8Array | undefined;
  /** Address space in which a task may map memory for its own use during the restore. */
  readonly scratch: AddressRange;
  /** The addresses of the parked mappings and the restorer area, which are unmapped last. */
  readonly restorerArea: { readonly start: number; readonly length: number };
}

export interface ParkedMapping extends AddressRange {
  readonly name: string;
}

/** A process that has what most processes have, and does nothing. It ends with this process. */
export interface Sleeper {
  readonly pid: number;
  /** Ends it. */
  end(): void;
}

/** Type and size of a file, as stat(2) reports them. */
export interface FileStat {
  /** File type and permissions. */
  readonly mode: number;
  /** Bytes. */
  readonly size: bigint;
}

/** An inode, as stat(2) reports it. Times are nanoseconds since 1970. */
export interface Inode extends FileStat {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly rdev: bigint;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  /** Allocated blocks of 512 bytes. */
  readonly blocks: bigint;
  readonly accessed: bigint;
  readonly modified: bigint;
}

/** How a task ends: by exit with a status, or by a signal. */
export interface Exit {
  readonly code: number | undefined;
  readonly signal: number | undefined;
}

/**
 * The interface through which restores and checkpoints use Linux. LinuxKernel is the real one; a recording one serves tests and plans.
 *
 * Precondition of every method that takes a tracee: the thread that opened the kernel calls it, because ptrace belongs to a thread.
 */
export interface Kernel {
  /** True for a kernel that only records: nothing happens, and results are invented. */
  readonly recording: boolean;
  /** Starts the stub and prepares it: the restorer area mapped, vdso parked, everything else unmapped, descriptors closed, signals default. */
  createStub(options: StubOptions): Promise<Stub>;
  /**
   * Keeps the stub, stopped as it is, as a template: from now on, createStub forks it, and so gives every tree its memory. `close` ends it.
   * Precondition of createStub: the tree before has resumed or was killed, and the addresses that the template occupies do not change.
   */
  keepStub(): void;
  /**
   * Runs a program in a tracee. Programs that are started in one turn of the event loop run concurrently. Sets the results of the steps. Rejects with a ProgramError when a step fails or the task dies.
   */
  run(tracee: Tracee, program: Program): Promise<void>;
  /** Takes control of a task or thread that a program forked: waits for its first stop. */
  adopt(birth: Birth): Promise<Tracee>;
  /** Makes one call in a tracee by syscall stops, which leave pending signals and handlers alone. Returns its result. */
  call(tracee: Tracee, step: SyscallStep): number;
  /** Gives the threads of processes, leaders first, their final state and unmaps the restorer area. No program can run in them afterwards. */
  conclude(processes: readonly (readonly ConcludedThread[])[]): void;
  /**
   * The commit: resumes threads, which are no longer traced, and forgets every undo. If this process is killed meanwhile, either all of them go on or none
   * does, and every undo runs. Returns those that had ended.
   */
  resume(tracees: readonly Tracee[]): readonly Tracee[];
  /** Resumes the threads of one process, leader first, into a stop by a signal. Returns those that had ended. */
  resumeStopped(threads: readonly Tracee[], signal: number): readonly Tracee[];
  /** Ends a tracee, by exit or by a signal. Its parent finds a zombie. */
  end(tracee: Tracee, exit: Exit): Promise<void>;
  /** Kills every tracee, the stub included, and waits for their ends. Returns the ids of those that did not end in time. */
  killAll(): Promise<readonly number[]>;
  /**
   * Kills and reaps the stub. A stub that is an init stays instead: it reaps the processes of its namespace and exits with the last of them.
   *
   * @param root the task whose exit status becomes the init's: its pid in the namespace.
   */
  dismissStub(root: number): Promise<void>;
  /**
   * Registers an undo for something that was made on the host. Undos run newest first, also when this process is killed.
   * Returns a function that cancels the undo.
   */
  pushUndo(steps: Program): () => void;
  /** Runs every undo. Returns a text for each step that failed. */
  runUndo(): Promise<readonly string[]>;
  /** Cancels every undo, so that everything made on the host stays. */
  dismissUndo(): Promise<void>;
  /** Opens a seizer, which stops running processes for a checkpoint. */
  openSeizer(): Seizer;
  /** Starts a process to rehearse a checkpoint with. */
  startSleeper(): Sleeper;
  /** Collects garbage now if the runtime can, so that it does not while a tree is stopped. */
  collectGarbage(): void;
  /** The coordinator's own access to the machine. */
  readonly host: KernelHost;
  /** Frees the resources of this object. */
  close(): void;
}

/** The coordinator's own access to the machine, outside any task. */
export interface KernelHost {
  /** A text for names that is unique on this machine. */
  readonly runId: string;
  /** The pid of this process. */
  readonly pid: number;
  /** Makes a system call; sets the step's result and returns it. */
  call(step: SyscallStep): number;
  /** The bytes of an option of a socket of this process, at most `size`; undefined when the socket does not have it, and from a recording kernel. */
  socketOption(socket: number, level: number, option: number, size: number): Uint8Array | undefined;
  /** Writes a file of a kernel file system, such as /proc, in one write. Throws a SystemError. */
  writeFile(path: string, text: string): void;
  /** Type and size of a file. A recording kernel returns "unknown". */
  stat(path: string): FileStat | "missing" | "unknown";
  /** A file of /proc or /sys without its last line feed, or undefined when it cannot be read. */
  readText(path: string, encoding?: "latin1" | "utf8"): string | undefined;
  /** The target of a symbolic link, or undefined when it cannot be read. */
  readLink(path: string): string | undefined;
  /** The names in a directory, or undefined when it cannot be read. */
  list(path: string): readonly string[] | undefined;
  /** The inode at a path, or that of a symbolic link itself; undefined when there is none. Throws a SystemError for other failures. */
  inode(path: string, follow?: boolean): Inode | undefined;
  /** Makes a directory with its parents, unless it exists. Throws a SystemError. */
  makeDirectory(path: string): void;
  /** Creates a file that only its owner can read. Throws a SystemError. */
  createFile(path: string, bytes: Uint8Array): void;
  /** Changes a file's owner. Its group can still read it. Throws a SystemError. */
  giveFile(path: string, uid: number): void;
  /** Bytes of a file, fewer at its end, or undefined when it cannot be read. */
  readBytes(path: string, offset: number, length: number): Uint8Array | undefined;
  /** Names what holds a pid: a process, a zombie, a process group or a session. Undefined when it is free. */
  pidHolder(pid: number): string | undefined;
  /** Those of these pids that are zombies. */
  findZombies(pids: ReadonlySet<number>): readonly number[];
  /** Names a process that has a socket open, by the socket's inode. Undefined when no visible process has. */
  socketHolder(inode: number): string | undefined;
  /** Runs a program that PATH finds, and waits for its end. */
  runProgram(name: string, args: readonly string[], input?: string | Uint8Array): ProgramOutcome;
  /** Whether {@link runProgram} would find a program. From a recording kernel: whether it has output for it. */
  isInstalled(name: string): boolean;
  /** CPUID of this processor: eax, ebx, ecx, edx. Undefined from a recording kernel. */
  cpuid(leaf: number, subleaf: number): readonly [number, number, number, number] | undefined;
  /** Reads a clock in nanoseconds. */
  clock(clock: "CLOCK_MONOTONIC" | "CLOCK_BOOTTIME"): bigint;
}

/** Why a program failed. */
export type ProgramFailure =
  | { readonly kind: "result"; readonly result: number }
  | { readonly kind: "signal"; readonly signal: number }
  | { readonly kind: "died"; readonly exit: Exit }
  | { readonly kind: "stuck"; readonly milliseconds: number; readonly syscall: number | undefined };

/** A program that failed: in which thread, at which step, and why. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
  readonly tid: number;
  readonly step: Step;
  readonly failure: ProgramFailure;
  /** Private, because a printed error would list its thousands of steps. */
  readonly #program: Program;

  constructor(tid: number, program: Program, step: Step, failure: ProgramFailure) {
    super(`Program of ${tid} failed: ${failure.kind}`);
    this.tid = tid;
    this.#program = program;
    this.step = step;
    this.failure = failure;
  }

  get program(): Program {
    return this.#program;
  }
}
