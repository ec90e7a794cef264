import type {
  CredsEntry,
  MmEntry,
  TaskCoreEntry,
  TaskKobjIdsEntry,
  ThreadCoreEntry,
  ThreadInfoX86,
} from "@restage/images";
import type { AddressRange, LandlockQuery, StoppedThread } from "@restage/linux";
import { taskName } from "@restage/linux/abi";
import { ProgramTarget } from "../program/program-target.ts";
import type { Draft } from "./draft.ts";
import type { Mapping } from "./mapping.ts";
import type { ProcessDetails } from "./process-details.ts";

/**
 * A thread of a seized tree, and what its image will hold. In the phase `query` it records the system calls that it will make itself; errors
 * are answers too, and results are there in `collect`.
 */
export class SeizedThread extends ProgramTarget {
  readonly task: SeizedTask;
  /** Its state when it was stopped, and its id on this host. */
  readonly stopped: StoppedThread;
  /** Its id in its own pid namespace, as images have it. */
  readonly tid: number;
  /** /proc/PID/task/TID/status by field. */
  readonly status: ReadonlyMap<string, string>;
  readonly info: Draft<ThreadInfoX86> = {};
  readonly core: Draft<ThreadCoreEntry> = {};
  readonly creds: Draft<CredsEntry> = {};
  /** Set in `query` to find out how many Landlock domains it is in. */
  landlock: LandlockQuery | undefined;

  constructor(task: SeizedTask, stopped: StoppedThread, status: ReadonlyMap<string, string>) {
    super();
    this.task = task;
    this.stopped = stopped;
    this.status = status;
    this.tid = innermost(status.get("NSpid")) ?? stopped.tid;
  }

  get isLeader(): boolean {
    return this.stopped.tid === this.stopped.tgid;
  }
  /** Its directory in /proc. */
  get proc(): string {
    return `/proc/${this.stopped.tgid}/task/${this.stopped.tid}`;
  }
  get name(): string {
    return this.isLeader ? this.task.name : `thread ${this.tid} of ${this.task.name}`;
  }
}

/** The ids of a task. */
export interface TaskIdentity {
  /** Its pid on this host. */
  readonly hostPid: number;
  /** Its pid in its own pid namespace, as images have it. */
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly comm: string;
}

/** A process of a seized tree, and what its images will hold. */
export class SeizedTask implements TaskIdentity {
  readonly hostPid: number;
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly comm: string;
  readonly parent: SeizedTask | undefined;
  /** What /proc showed of it when it was stopped. */
  readonly details: ProcessDetails;
  /** The raw wait status of one that has ended and waits for its parent. */
  readonly exitCode: number | undefined;
  /** The leader first; none in a zombie. */
  readonly threads: readonly SeizedThread[];
  readonly core: Draft<TaskCoreEntry> = {};
  readonly mm: Draft<MmEntry> = {};
  /** Filled in by the duty `object-ids`. */
  ids: Draft<TaskKobjIdsEntry> = {};
  /** Its memory, in address order. */
  mappings: readonly Mapping[] = [];
  /** Parts of it where access is fatal. Filled in when its pages are saved. */
  readonly guards: AddressRange[] = [];

  /** @param statusOf /proc/TID/status by field, of a thread that is not the leader. */
  constructor(
    identity: TaskIdentity,
    parent: SeizedTask | undefined,
    stopped: readonly StoppedThread[],
    details: ProcessDetails,
    statusOf: (tid: number) => ReadonlyMap<string, string>,
  ) {
    this.hostPid = identity.hostPid;
    this.pid = identity.pid;
    this.ppid = identity.ppid;
    this.pgid = identity.pgid;
    this.sid = identity.sid;
    this.comm = identity.comm;
    this.parent = parent;
    this.details = details;
    this.exitCode = stopped.length === 0 ? details.exitCode : undefined;
    this.threads = stopped.map((thread) => {
      const status = thread.tid === this.hostPid ? details.status : statusOf(thread.tid);
      return new SeizedThread(this, thread, status);
    });
  }

  get isZombie(): boolean {
    return this.threads.length === 0;
  }
  /** Throws when it is a zombie. */
  get leader(): SeizedThread {
    const [leader] = this.threads;
    if (leader === undefined) throw new Error(`Task ${this.pid} is a zombie: it has no threads`);
    return leader;
  }
  /** Its directory in /proc. */
  get proc(): string {
    return `/proc/${this.hostPid}`;
  }
  get name(): string {
    return taskName(this.pid, this.comm);
  }
}

function innermost(ids: string | undefined): number | undefined {
  const last = ids?.trim().split(/\s+/).at(-1);
  return last === undefined ? undefined : Number(last);
}
