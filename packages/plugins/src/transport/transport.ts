import { defineService, type Service, type StageContext, type Task, type Value } from "@restage/core";

/** Files that one task passes to another. */
export interface Passing {
  readonly from: Task;
  readonly to: Task;
  readonly ids: readonly number[];
}

/** The files that each task passes and receives. Tasks that do neither are absent. */
export type Passings = ReadonlyMap<
  Task,
  { readonly outgoing: readonly Passing[]; readonly incoming: readonly Passing[] }
>;

/**
 * Passes open files between tasks, so that they share the open file description. Tasks pass files only to later tasks of the tree.
 */
export interface Transport {
  /**
   * Does a task's part, in RESTORE: records its calls, and resolves to the descriptors that it will have received, by file id. The files that it passes
   * stay open in it until RESTORE has ended.
   *
   * @param open the files that the task passes, by id.
   */
  exchange(
    context: StageContext,
    task: Task,
    open: ReadonlyMap<number, Value>,
    outgoing: readonly Passing[],
    incoming: readonly Passing[],
  ): Promise<ReadonlyMap<number, Value>>;
}

export const Transport: Service<Transport> = defineService<Transport>("transport", { recordsFor: "provider" });
