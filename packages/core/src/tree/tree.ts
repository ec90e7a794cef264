import type { CoreEntry, FdinfoEntry, PstreeEntry } from "@restage/images";
import { RestoreError } from "../errors.ts";
import type { Checkpoint } from "../images/checkpoint.ts";
import { Task, type TaskImages, type TaskKind, Thread } from "./task.ts";

/** CRIU's task states. Source: CRIU compel/include/uapi/task-state.h. */
const TASK_STATE = { ALIVE: 1, DEAD: 2, STOPPED: 3, ZOMBIE: 6 } as const;

/** The process tree of a checkpoint. */
export interface Tree {
  readonly root: Task;
  /** Parents before their children. */
  readonly tasks: readonly Task[];
  readonly byPid: ReadonlyMap<number, Task>;
}

/** Reads the tree, and for each task what it is. Throws ERR_IMAGE where it is no tree. */
export function readTree(checkpoint: Checkpoint): Tree {
  const tasks: Task[] = [];
  const byPid = new Map<number, Task>();
  for (const entry of checkpoint.values("pstree")) {
    const parent = entry.ppid === 0 ? undefined : byPid.get(entry.ppid);
    if ((parent === undefined) !== (tasks.length === 0)) {
      const problem = entry.ppid === 0 ? "a second root" : `its parent ${entry.ppid} does not come before it`;
      throw treeError(entry.pid, problem);
    }
    if (byPid.has(entry.pid)) throw treeError(entry.pid, "its pid stands there twice");
    const task = readTask(checkpoint, entry, parent);
    parent?.children.push(task);
    tasks.push(task);
    byPid.set(task.pid, task);
  }
  const [root] = tasks;
  if (root === undefined) {
    throw new RestoreError("ERR_IMAGE", "Cannot read pstree.img: there is no task in it", { entry: "pstree.img" });
  }
  return { root, tasks, byPid };
}

function readTask(checkpoint: Checkpoint, entry: PstreeEntry, parent: Task | undefined): Task {
  const core = checkpoint.value("core", entry.pid);
  const task = new Task(entry, kindOf(core, entry.pid), parent, lazyImages(checkpoint, entry.pid, core));
  const [leader = entry.pid, ...others] = entry.threads;
  // Zombies have [0]: they have no threads any more.
  if (leader !== entry.pid && leader !== 0) throw treeError(entry.pid, `its first thread is ${leader}`);
  task.threads.push(new Thread(task, entry.pid, () => core));
  for (const tid of others) task.threads.push(new Thread(task, tid, () => checkpoint.value("core", tid)));
  return task;
}

function kindOf(core: CoreEntry, pid: number): TaskKind {
  const state = core.tc?.task_state;
  if (state === TASK_STATE.ALIVE) return "alive";
  if (state === TASK_STATE.STOPPED) return "stopped";
  if (state === TASK_STATE.DEAD || state === TASK_STATE.ZOMBIE) return "zombie";
  throw new RestoreError("ERR_IMAGE", `Cannot read core-${pid}.img: task state ${state} is none`, {
    pid,
    entry: `core-${pid}.img`,
  });
}

function lazyImages(checkpoint: Checkpoint, pid: number, core: CoreEntry): TaskImages {
  return {
    core,
    get mm() {
      return checkpoint.value("mm", pid);
    },
    get fs() {
      return checkpoint.value("fs", pid);
    },
    get ids() {
      return core.ids ?? checkpoint.value("ids", pid);
    },
    get descriptors(): readonly FdinfoEntry[] {
      return checkpoint.values("fdinfo", this.ids.files_id);
    },
  };
}

function treeError(pid: number, problem: string): RestoreError {
  return new RestoreError("ERR_IMAGE", `Cannot read pstree.img: task ${pid}: ${problem}`, { pid, entry: "pstree.img" });
}
