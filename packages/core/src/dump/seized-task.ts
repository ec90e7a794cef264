import { type Calls, ProgramBuilder, type RecordedStep } from "@restage/core";
import type {
  CredsEntry,
  MmEntry,
  TaskCoreEntry,
  TaskKobjIdsEntry,
  ThreadCoreEntry,
  ThreadInfoX86,
} from "@restage/images";
import { type AddressRange, type FrozenThread as Frozen, readStatus } from "@restage/linux";
import type { Draft } from "./draft.ts";
import type { Mapping } from "./mapping.ts";

/** A thread of the frozen tree, and what its image will hold. */
export class FrozenThread {
  readonly task: FrozenTask;
  /** Its state when it was stopped, and its id on this host. */
  readonly frozen: Frozen;
  /** Its id as it knows it itself: that of its own pid namespace. */
  readonly tid: number;
  /** /proc/PID/task/TID/status by field. */
  readonly status: ReadonlyMap<string, string>;
  readonly info: Draft<ThreadInfoX86> = {};
  readonly core: Draft<ThreadCoreEntry> = {};
  readonly creds: Draft<CredsEntry> = {};
  readonly #builder = new ProgramBuilder(async (steps) => void this.steps.push(...steps));
  /** What it is to be asked. */
  readonly steps: RecordedStep[] = [];

  constructor(task: FrozenTask, frozen: Frozen) {
    this.task = task;
    this.frozen = frozen;
    this.status = readStatus(frozen.tid) ?? new Map();
    this.tid = innermost(this.status.get("NSpid")) ?? frozen.tid;
  }

  /** System calls that the thread makes itself; errors are answers too. Results are there in `collect`. */
  get call(): Calls {
    return this.#builder.call;
  }
  get isLeader(): boolean {
    return this.frozen.tid === this.frozen.tgid;
  }
  /** Its directory in /proc. */
  get proc(): string {
    return `/proc/${this.frozen.tgid}/task/${this.frozen.tid}`;
  }

  async seal(): Promise<void> {
    await this.#builder.flush();
  }
}

/** A process of the frozen tree. */
export interface TaskPlace {
  /** Its pid on this host. */
  readonly hostPid: number;
  /** Its pid as it knows it itself, and as it stands in images. */
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly comm: string;
}

/** A process of the frozen tree, and what its images will hold. */
export class FrozenTask implements TaskPlace {
  readonly hostPid: number;
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly comm: string;
  readonly parent: FrozenTask | undefined;
  /** The raw wait status of one that has ended and waits for its parent. */
  readonly exitCode: number | undefined;
  /** The leader first; none in a zombie. */
  readonly threads: readonly FrozenThread[];
  readonly core: Draft<TaskCoreEntry> = {};
  readonly mm: Draft<MmEntry> = {};
  /** Filled in when the tree has been frozen. */
  ids: Draft<TaskKobjIdsEntry> = {};
  /** Its memory, in address order. */
  mappings: readonly Mapping[] = [];
  /** Parts of it where access is fatal. Filled in when its pages are saved. */
  readonly guards: AddressRange[] = [];

  constructor(
    place: TaskPlace,
    parent: FrozenTask | undefined,
    frozen: readonly Frozen[],
    exitCode: number | undefined,
  ) {
    this.hostPid = place.hostPid;
    this.pid = place.pid;
    this.ppid = place.ppid;
    this.pgid = place.pgid;
    this.sid = place.sid;
    this.comm = place.comm;
    this.parent = parent;
    this.exitCode = exitCode;
    this.threads = frozen.map((thread) => new FrozenThread(this, thread));
  }

  get isZombie(): boolean {
    return this.threads.length === 0;
  }
  /** Throws when it is a zombie. */
  get leader(): FrozenThread {
    const [leader] = this.threads;
    if (leader === undefined) throw new Error(`Task ${this.pid} is a zombie: it has no threads`);
    return leader;
  }
  /** Its directory in /proc. */
  get proc(): string {
    return `/proc/${this.hostPid}`;
  }
  get name(): string {
    return `task ${this.pid} (${this.comm})`;
  }
}

function innermost(ids: string | undefined): number | undefined {
  const last = ids?.trim().split(/\s+/).at(-1);
  return last === undefined ? undefined : Number(last);
}
