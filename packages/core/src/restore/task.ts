import type {
  CoreEntry,
  FdinfoEntry,
  FsEntry,
  MmEntry,
  PstreeEntry,
  TaskKobjIdsEntry,
  ThreadCoreEntry,
} from "@restage/images";
import type { Exit, FinalState, SyscallStep } from "@restage/linux";
import { CLONE, SIG, taskName } from "@restage/linux/abi";
import { type CallArguments, type CallName, encodeArguments } from "../program/calls.ts";
import { Call } from "../program/deferred.ts";
import { ProgramTarget } from "../program/program-target.ts";

/** The flags for a thread: what threads of a process share. Source: clone(2), "CLONE_THREAD". */
const THREAD_FLAGS = CLONE.VM | CLONE.FS | CLONE.FILES | CLONE.SIGHAND | CLONE.THREAD | CLONE.SYSVSEM;

/**
 * What becomes of a task: `alive` runs on, `stopped` comes back stopped, `zombie` ends with the recorded status, and `helper` replaces a session or group
 * leader that no longer exists, and exits after RESTORE.
 */
export type TaskKind = "alive" | "stopped" | "zombie" | "helper";

/** The ids of a task. */
export type TaskIds = Pick<PstreeEntry, "pid" | "sid" | "pgid">;

/**
 * A process of the checkpoint. In a stage's `task` taps, it records the calls that the process will make itself.
 */
export class Task extends ProgramTarget {
  /** Its pid in the checkpoint, which it gets again. */
  readonly pid: number;
  readonly kind: TaskKind;
  /** Session and group: those of the checkpoint, unless a plan has replaced them. */
  sid: number;
  pgid: number;
  /** Its parent in the checkpoint; none for the root. */
  readonly parent: Task | undefined;
  /** Its children in the checkpoint, and the helpers that it forks. */
  readonly children: Task[] = [];
  /** The task that forks it: its parent, or a helper in the session that it needs. */
  forker: Task | undefined;
  /** Leader first. */
  readonly threads: Thread[] = [];
  readonly images: TaskImages;
  readonly #adopted: Task[] = [];
  #end: Exit | undefined;

  constructor(entry: TaskIds, kind: TaskKind, parent: Task | undefined, images: TaskImages) {
    super();
    this.pid = entry.pid;
    this.sid = entry.sid;
    this.pgid = entry.pgid;
    this.kind = kind;
    this.parent = parent;
    this.forker = parent;
    this.images = images;
  }

  /** The tasks that it forks. */
  get forks(): readonly Task[] {
    const own = this.children.filter((child) => child.forker === this);
    return [...own, ...this.#adopted];
  }
  /** Lets it fork a task of another parent, which adopts that task when this one exits. */
  forkInstead(task: Task): void {
    task.forker = this;
    this.#adopted.push(task);
  }

  /** Sets how it ends when all tasks have confirmed RESTORE. */
  endsWith(exit: Exit): void {
    this.#end = exit;
  }
  get end(): Exit | undefined {
    return this.#end;
  }

  /** Its pid in the coordinator's pid namespace; before it exists, its recorded pid. */
  get hostPid(): number {
    return this.tracee?.tid ?? this.pid;
  }

  /** Whether it runs instructions of its own after the restore. */
  get survives(): boolean {
    return this.kind === "alive" || this.kind === "stopped";
  }
  get leader(): Thread {
    const [leader] = this.threads;
    if (leader === undefined) throw new Error(`Task ${this.pid} has no threads`);
    return leader;
  }
  get core(): CoreEntry {
    return this.images.core;
  }
  get mm(): MmEntry {
    return this.images.mm;
  }
  get fs(): FsEntry {
    return this.images.fs;
  }
  get ids(): TaskKobjIdsEntry {
    return this.images.ids;
  }
  get descriptors(): readonly FdinfoEntry[] {
    return this.images.descriptors;
  }
  /** The name of its command, which ps(1) shows. Undefined for a helper, which has no images. */
  get comm(): string | undefined {
    return this.kind === "helper" ? undefined : this.core.tc?.comm;
  }
  /** For messages: `task 7 (redis-server)`. */
  get name(): string {
    return taskName(this.pid, this.comm);
  }

  /**
   * Forks a child with its recorded pid: a step like any other. The child takes part in the stage after the program has run.
   *
   * @param flags what the two share (CLONE.FILES, ...), and new namespaces.
   * @param exitSignal what this task gets when the child ends.
   */
  fork(child: Task, flags = 0, exitSignal: number = SIG.CHLD): Call {
    return this.open.fork(child, { flags, exitSignal, setTid: [child.pid] });
  }

  /** Starts one of the task's threads with its recorded id. */
  startThread(thread: Thread): Call {
    return this.open.fork(thread, { flags: THREAD_FLAGS, exitSignal: 0, setTid: [thread.tid] });
  }
}

/** A thread. The leader records into the program of its task. */
export class Thread extends ProgramTarget {
  readonly task: Task;
  readonly tid: number;
  readonly #core: () => CoreEntry;
  #final: FinalState | undefined;
  readonly #lastCalls: SyscallStep[] = [];

  constructor(task: Task, tid: number, core: () => CoreEntry) {
    super();
    this.task = task;
    this.tid = tid;
    this.#core = core;
  }

  /** The state with which it resumes; set in COMPLETE by the duty `registers`. */
  get final(): FinalState | undefined {
    return this.#final;
  }
  /** Sets the registers, extended state and signal mask with which the thread resumes. */
  resumeWith(state: FinalState): void {
    this.#final = state;
  }

  /** Calls that the thread makes last, when the restore causes no more traps in it. */
  get lastCalls(): readonly SyscallStep[] {
    return this.#lastCalls;
  }
  callLast<N extends CallName>(name: N, ...args: CallArguments<N>): Call {
    const step: SyscallStep = { kind: "syscall", name, args: encodeArguments(name, args) };
    this.#lastCalls.push(step);
    return new Call(step);
  }

  get isLeader(): boolean {
    return this.task.threads[0] === this;
  }
  get core(): CoreEntry {
    return this.#core();
  }
  /** The part of the core image that every thread has. */
  get state(): ThreadCoreEntry {
    const state = this.core.thread_core;
    if (state === undefined) throw new Error(`core-${this.tid}.img has no thread_core`);
    return state;
  }
  get name(): string {
    return this.isLeader ? this.task.name : `thread ${this.tid} of ${this.task.name}`;
  }
}

/** The images of one task, decoded on demand. */
export interface TaskImages {
  readonly core: CoreEntry;
  readonly mm: MmEntry;
  readonly fs: FsEntry;
  readonly ids: TaskKobjIdsEntry;
  readonly descriptors: readonly FdinfoEntry[];
}
