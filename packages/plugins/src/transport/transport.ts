import { defineService, type Task, type Value } from "@restage/core";

/** An open file that a task has, by its id in files.img. */
export interface OpenFile {
  readonly id: number;
  readonly descriptor: Value;
}

/** Files that one task passes to another. */
export interface Passing {
  readonly from: Task;
  readonly to: Task;
  readonly ids: readonly number[];
}

/**
 * Passes open files between tasks, so that they share the description. Tasks pass only to tasks that come later in the tree.
 */
export interface Transport {
  /**
   * A task's part, in RESTORE: records what it needs, runs it, and resolves to the descriptors that it got, by file id. What the task was to pass
   * stays open in it until RESTORE has ended.
   *
   * @param open the files that the task is to pass, by id.
   * @param passings all of the checkpoint.
   */
  exchange(task: Task, open: ReadonlyMap<number, Value>, passings: readonly Passing[]): Promise<ReadonlyMap<number, Value>>;
}

export const Transport = defineService<Transport>("transport");
