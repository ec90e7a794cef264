/** A restored tree, which runs. */
export interface RestoredTree {
  /** Pid of the root task. All pids are those of this process's pid namespace. */
  readonly pid: number;
  /** Pids of all tasks that were restored, parents first. */
  readonly tasks: readonly number[];
  /** The process to wait for: the root task, or an init of Restage's. It ends with the root task's status, and is a child of this process unless detached. */
  readonly child: number;
}
