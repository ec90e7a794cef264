import { defineService, type Service, type Task, type Value } from "@restage/core";

/** Files that one task passes to another. */
export interface Passing {
  readonly from: Task;
  readonly to: Task;
  readonly ids: readonly number[];
}

/** What each task passes and gets; tasks that do neither are not in it. */
export type Passings = ReadonlyMap<
  Task,
  { readonly outgoing: readonly Passing[]; readonly incoming: readonly Passing[] }
>;

/**
 * Passes open files between tasks, so that they share the description. Tasks pass only to tasks that come later in the tree.
 */
export interface Transport {
  /**
   * A task's part, in RESTORE: records what it needs, and resolves to the descriptors that it will have got, by file id. What the task was to
   * pass stays open in it until RESTORE has ended.
   *
   * @param open the files that the task is to pass, by id.
   */
  exchange(
    task: Task,
    open: ReadonlyMap<number, Value>,
    outgoing: readonly Passing[],
    incoming: readonly Passing[],
  ): Promise<ReadonlyMap<number, Value>>;
}

export const Transport: Service<Transport> = defineService<Transport>("transport");
