import type { CoreEntry, FdinfoEntry, PstreeEntry } from "@restage/images";
import { RestoreError } from "../errors.ts";
import type { ImageSet } from "./image-set.ts";
import { Task, type TaskIds, type TaskImages, type TaskKind, Thread } from "./task.ts";

/** CRIU's task states. Source: CRIU compel/include/uapi/task-state.h. */
const TASK_STATE = { ALIVE: 1, DEAD: 2, STOPPED: 3, ZOMBIE: 6 } as const;

/** The process tree of a checkpoint. */
export class Tree {
  readonly root: Task;
  readonly #tasks: Task[];
  readonly #byPid: Map<number, Task>;

  constructor(tasks: readonly Task[]) {
    const [root] = tasks;
    if (root === undefined) {
      throw new RestoreError("ERR_IMAGE", "Cannot read pstree.img: it has no task", { entry: "pstree.img" });
    }
    this.root = root;
    this.#tasks = [...tasks];
    this.#byPid = new Map(tasks.map((task) => [task.pid, task]));
  }

  /** Parents before their children; helpers last. */
  get tasks(): readonly Task[] {
    return this.#tasks;
  }
  byPid(pid: number): Task | undefined {
    return this.#byPid.get(pid);
  }

  /** Adds a task that exists only during the restore, to hold a session or a process group. It exits after RESTORE. */
  addHelper(ids: TaskIds, parent: Task): Task {
    const helper = new Task(ids, "helper", parent, NO_IMAGES);
    helper.threads.push(new Thread(helper, ids.pid, () => NO_IMAGES.core));
    parent.children.push(helper);
    this.#tasks.push(helper);
    this.#byPid.set(helper.pid, helper);
    return helper;
  }
}

/** The images of a helper: it is not a task of the checkpoint, so it has none. */
const NO_IMAGES: TaskImages = new Proxy({} as TaskImages, {
  get(_images, name) {
    throw new Error(`A helper has no ${String(name)} image`);
  },
});

/** Reads the tree and its tasks. Throws ERR_IMAGE if the entries do not make a tree. */
export function readTree(images: ImageSet): Tree {
  const tasks: Task[] = [];
  const byPid = new Map<number, Task>();
  for (const entry of images.values("pstree")) {
    const parent = entry.ppid === 0 ? undefined : byPid.get(entry.ppid);
    if ((parent === undefined) !== (tasks.length === 0)) {
      const problem = entry.ppid === 0 ? "a second root" : `its parent ${entry.ppid} does not come before it`;
      throw treeError(entry.pid, problem);
    }
    if (byPid.has(entry.pid)) throw treeError(entry.pid, "its pid appears twice");
    const task = readTask(images, entry, parent);
    parent?.children.push(task);
    tasks.push(task);
    byPid.set(task.pid, task);
  }
  return new Tree(tasks);
}

function readTask(images: ImageSet, entry: PstreeEntry, parent: Task | undefined): Task {
  const core = images.value("core", entry.pid);
  const task = new Task(entry, kindOf(core, entry.pid), parent, lazyImages(images, entry.pid, core));
  task.threads.push(new Thread(task, entry.pid, () => core));
  // A zombie has no threads any more: CRIU writes one arbitrary number.
  if (!task.survives) return task;
  const [leader = entry.pid, ...others] = entry.threads;
  if (leader !== entry.pid) throw treeError(entry.pid, `its first thread is ${leader}`);
  for (const tid of others) task.threads.push(new Thread(task, tid, () => images.value("core", tid)));
  return task;
}

/** Whether a task had ended at the checkpoint. */
export function isZombie({ tc }: CoreEntry): boolean {
  return tc?.task_state === TASK_STATE.DEAD || tc?.task_state === TASK_STATE.ZOMBIE;
}

export function kindOf(core: CoreEntry, pid: number): TaskKind {
  const state = core.tc?.task_state;
  if (state === TASK_STATE.ALIVE) return "alive";
  if (state === TASK_STATE.STOPPED) return "stopped";
  if (isZombie(core)) return "zombie";
  throw new RestoreError("ERR_IMAGE", `Cannot read core-${pid}.img: ${state} is not a task state`, {
    pid,
    entry: `core-${pid}.img`,
  });
}

function lazyImages(images: ImageSet, pid: number, core: CoreEntry): TaskImages {
  return {
    core,
    get mm() {
      return images.value("mm", pid);
    },
    get fs() {
      return images.value("fs", pid);
    },
    get ids() {
      return core.ids ?? images.value("ids", pid);
    },
    get descriptors(): readonly FdinfoEntry[] {
      return images.values("fdinfo", this.ids.files_id);
    },
  };
}

function treeError(pid: number, problem: string): RestoreError {
  return new RestoreError("ERR_IMAGE", `Cannot read pstree.img: task ${pid}: ${problem}`, { pid, entry: "pstree.img" });
}
