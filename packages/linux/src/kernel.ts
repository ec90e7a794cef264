import type { AddressRange } from "./host/address-space.ts";
import type { ProgramOutcome } from "./host/run-program.ts";
import type { Program, Step, SyscallStep } from "./program/program.ts";
import type { Seizer } from "./seizer.ts";

/** A thread under the tracer's control, always stopped between programs. Its ids are those of this process's pid namespace. */
export interface Tracee {
  readonly tid: number;
  /** The process it belongs to; equal to `tid` for a leader. */
  readonly tgid: number;
  /** Is it in a pid namespace of its own, where forks return other ids than these? */
  readonly inPidNamespace?: boolean;
}

/** A task or thread that a program forked with CLONE_PTRACE. */
export interface Birth {
  readonly forker: Tracee;
  /** What the fork returned: the id in the forker's pid namespace. */
  readonly id: number;
  /** A thread of the forker, or a process? */
  readonly thread: boolean;
  /** Was it forked with CLONE_NEWPID? */
  readonly newPidNamespace: boolean;
}

/** What a thread resumes with. Layouts are the architecture's. */
export interface FinalState {
  /** NT_PRSTATUS: struct user_regs_struct. */
  readonly registers: Uint8Array;
  readonly extendedState: ExtendedState;
  /** Blocked signals. */
  readonly signalMask: bigint;
  /** Calls that are to be the thread's last, by syscall stops: for what a trap would undo (an ignored SIGTRAP). */
  readonly lastCalls: readonly SyscallStep[];
  /** Words written into its memory when it no longer runs: for what the kernel would clear (rseq_cs). */
  readonly pokes: readonly { readonly address: bigint; readonly value: bigint }[];
}

/** A thread and what it resumes with. */
export interface ConcludedThread {
  readonly tracee: Tracee;
  readonly state: FinalState;
}

/** Floating point and vector registers, free of any processor's layout. */
export interface ExtendedState {
  /** The FXSAVE area, 512 bytes. */
  readonly legacy: Uint8Array;
  /** Further components by their XSAVE numbers (2: upper halves of ymm, 5: opmask, ...). */
  readonly components: readonly { readonly number: number; readonly bytes: Uint8Array }[];
}

export interface StubOptions {
  /** Addresses that tasks will use: the restorer area keeps away from them. */
  readonly occupied: readonly AddressRange[];
  /** How long a program may go without finishing a step before it counts as stuck, in milliseconds. */
  readonly timeout: number;
  /** The stub is to be the init of a pid namespace, and stay as that when the tree runs. */
  readonly init?: InitOptions | undefined;
  /** The stub itself is to be the root task. */
  readonly root?: RootOptions | undefined;
  /** Programs to be run by tasks that have seccomp filters: suspend them. Requires CAP_SYS_ADMIN in the first user namespace. */
  readonly suspendSeccomp: boolean;
}

/** A root task that is a child of this process's parent, as only this process itself can make one. */
export interface RootOptions {
  readonly pid: number;
  /** Is it the first process of a new pid namespace? Requires CAP_SYS_ADMIN. */
  readonly newPidNamespace: boolean;
}

/** An init of ours for a tree. Requires CAP_SYS_ADMIN, or a user namespace. */
export interface InitOptions {
  /** Is it a child of this process, or an orphan when the tree runs? */
  readonly child: boolean;
  /** A user namespace for it and all tasks, with what goes into uid_map and gid_map; without CAP_SETGID outside these are one id each. */
  readonly user: { readonly uidMap: string; readonly gidMap: string } | undefined;
}

/** What the stub gives its children: where things are in each of them. */
export interface Stub {
  readonly tracee: Tracee;
  /** Runtime mappings of the vdso, in address order, now parked: vvar, vvar_vclock (kernel 6.13 and later), vdso. */
  readonly vdso: readonly ParkedMapping[];
  /** The text of the vdso; a recording kernel has none. */
  readonly vdsoText: Uint8Array | undefined;
  /** Address space in which a task may map memory for its own use during the restore. */
  readonly scratch: AddressRange;
  /** Address space of parking and restorer area, to be unmapped last. */
  readonly restorerArea: { readonly start: number; readonly length: number };
}

export interface ParkedMapping extends AddressRange {
  readonly name: string;
}

/** What a file is, as stat(2) tells. */
export interface FileStat {
  /** File type and permissions. */
  readonly mode: number;
  /** Bytes. */
  readonly size: bigint;
}

/** An inode, as stat(2) tells. Times are nanoseconds since 1970. */
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
 * All that a restore asks of Linux. The real one is LinuxKernel; a recording one serves tests and printed plans.
 *
 * Precondition of every method that names a tracee: the thread that made the kernel calls it (ptrace belongs to a thread).
 */
export interface Kernel {
  /** True when nothing is done, only written down: results are inventions. */
  readonly recording: boolean;
  /** Starts the stub and prepares it: restorer area mapped, vdso parked, everything else unmapped, descriptors closed, signals default. */
  createStub(options: StubOptions): Promise<Stub>;
  /**
   * Runs a program in a tracee; all that are asked for in one turn of the event loop run at once.
   * Sets the results of its steps. Rejects with a ProgramError when a step fails or the task dies.
   */
  run(tracee: Tracee, program: Program): Promise<void>;
  /** Takes over what a program forked: waits for its first stop. */
  adopt(birth: Birth): Promise<Tracee>;
  /** Makes one call in a tracee by syscall stops, which leave pending signals and handlers alone. Returns its result. */
  call(tracee: Tracee, step: SyscallStep): number;
  /** Gives the threads of processes, leaders first, their final state and takes the restorer area away. No program can run in them after it. */
  conclude(processes: readonly (readonly ConcludedThread[])[]): void;
  /** Lets threads go. Returns those that were gone. */
  resume(tracees: readonly Tracee[]): readonly Tracee[];
  /** Lets the threads of one process, leader first, go into a stop, and waits until they stand. */
  resumeStopped(threads: readonly Tracee[], signal: number): readonly Tracee[];
  /** Ends a tracee, by exit or by a signal, and takes its end from it: what is left is a zombie of its parent. */
  end(tracee: Tracee, exit: Exit): Promise<void>;
  /** Kills every tracee there is, stub included, and waits until nothing is left. Returns those that did not end in time. */
  killAll(): Promise<readonly number[]>;
  /**
   * Lets the stub go home: kills and reaps it. As an init it stays, reaps whoever dies, and ends with the last of them.
   *
   * @param root the task whose exit status the init ends with: its pid in the namespace.
   */
  dismissStub(root: number): Promise<void>;
  /**
   * Says how something that was made on the host is undone; newest is undone first. Survives the death of this process. The function
   * that it returns forgets it: what was made has been taken away again.
   */
  pushUndo(steps: Program): () => void;
  /** Undoes all that was pushed. Returns what could not be undone, for people. */
  runUndo(): Promise<readonly string[]>;
  /** Forgets all that was pushed: what was made stays. */
  dismissUndo(): Promise<void>;
  /** Opens what stops running processes for a checkpoint. */
  openSeizer(): Seizer;
  /** Calls of the coordinator itself. */
  readonly host: KernelHost;
  /** Frees what the kernel object holds. */
  close(): void;
}

/** What the coordinator does itself, outside any task. */
export interface KernelHost {
  /** Tells this restore from all others of this machine, for names. */
  readonly runId: string;
  /** The pid of this process. */
  readonly pid: number;
  /** Makes a system call; sets the step's result and returns it. */
  call(step: SyscallStep): number;
  /** Writes a file of /proc or the like in one write. Throws a SystemError. */
  writeFile(path: string, text: string): void;
  /** A file as it is now. A recording kernel does not look: "unknown". */
  stat(path: string): FileStat | "missing" | "unknown";
  /** A file of /proc or /sys without its last line feed, or undefined when it cannot be read. */
  readText(path: string, encoding?: "latin1" | "utf8"): string | undefined;
  /** Where a symbolic link points to, or undefined when it cannot be read. */
  readLink(path: string): string | undefined;
  /** The names in a directory, or undefined when it cannot be read. */
  list(path: string): readonly string[] | undefined;
  /** The inode that a path leads to, or that of a symbolic link itself; undefined when there is none. Throws a SystemError for other failures. */
  inode(path: string, follow?: boolean): Inode | undefined;
  /** Makes a directory with its parents, unless it exists. Throws a SystemError. */
  makeDirectory(path: string): void;
  /** Writes a file of its own, readable only by its owner: this process, or another one. Throws a SystemError. */
  createFile(path: string, bytes: Uint8Array, owner?: { readonly uid: number; readonly gid: number }): void;
  /** Gives a file to another user. Throws a SystemError. */
  giveFile(path: string, owner: { readonly uid: number; readonly gid: number }): void;
  /** Bytes of a file, fewer at its end, or undefined when it cannot be read. */
  readBytes(path: string, offset: number, length: number): Uint8Array | undefined;
  /** Who has a pid: a process, a zombie, a process group or a session, for people; undefined when it is free. */
  pidHolder(pid: number): string | undefined;
  /** Which of these pids have ended, but nobody has asked how: zombies. */
  findZombies(pids: ReadonlySet<number>): readonly number[];
  /** Who has a socket open, by its inode, for people; undefined when nobody who can be seen does. */
  socketHolder(inode: number): string | undefined;
  /** Runs a program of this machine, found by PATH, and waits for its end. */
  runProgram(name: string, args: readonly string[], input?: string | Uint8Array): ProgramOutcome;
  /** CPUID of the processor that runs: eax, ebx, ecx, edx. Undefined when nothing is looked at. */
  cpuid(leaf: number, subleaf: number): readonly [number, number, number, number] | undefined;
  /** Reads a clock in nanoseconds. */
  clock(clock: "CLOCK_MONOTONIC" | "CLOCK_BOOTTIME"): bigint;
}

/** Why a program did not come to its end. */
export type ProgramFailure =
  | { readonly kind: "result"; readonly result: number }
  | { readonly kind: "signal"; readonly signal: number }
  | { readonly kind: "died"; readonly exit: Exit }
  | { readonly kind: "stuck"; readonly milliseconds: number; readonly syscall: number | undefined };

/** A program that did not come to its end: which step, in which thread, and why. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
  readonly tid: number;
  readonly step: Step;
  readonly failure: ProgramFailure;
  /** Not a property of its own: thousands of steps would be printed with the error. */
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
