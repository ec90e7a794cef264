import type { Task, Tree } from "@restage/core";

/** A task that has a file in its descriptor table, and the number there. */
export interface Holder {
  readonly task: Task;
  readonly number: number;
}

const holders = new WeakMap<Tree, ReadonlyMap<number, Holder>>();

/**
 * The first surviving task that has a descriptor of a file.
 *
 * @param id the number of the file in files.img.
 */
export function holderOf(tree: Tree, id: number): Holder | undefined {
  const known = holders.get(tree) ?? holdersIn(tree);
  holders.set(tree, known);
  return known.get(id);
}

function holdersIn({ tasks }: Tree): ReadonlyMap<number, Holder> {
  const found = new Map<number, Holder>();
  for (const task of tasks) {
    if (!task.survives) continue;
    for (const { id, fd } of task.descriptors) if (!found.has(id)) found.set(id, { task, number: fd });
  }
  return found;
}
