import { RestoreError } from "../errors.ts";
import type { SeizedTask } from "./seized-task.ts";

/** A process tree whose threads are all stopped. */
export class SeizedTree {
  /** Parents before their children. */
  readonly tasks: readonly SeizedTask[];

  constructor(tasks: readonly SeizedTask[]) {
    this.tasks = tasks;
  }

  get root(): SeizedTask {
    const [root] = this.tasks;
    if (root === undefined) throw new RestoreError("ERR_REFUSED", "Cannot checkpoint an empty tree");
    return root;
  }
  /** The tasks that have not ended. */
  get alive(): readonly SeizedTask[] {
    return this.tasks.filter((task) => !task.isZombie);
  }
  /** The id of a task or thread of the tree as images have it; 0 for those outside the tree. */
  pidInside(hostId: number): number {
    const threads = this.tasks.flatMap((task) => task.threads);
    return (
      this.tasks.find(({ hostPid }) => hostPid === hostId)?.pid ??
      threads.find(({ stopped }) => stopped.tid === hostId)?.tid ??
      0
    );
  }
}
