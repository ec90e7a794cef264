import type { Plan, Task } from "@restage/core";
import type { FdinfoEntry, FileEntry } from "@restage/images";
import type { Passing, Passings } from "../transport/transport.ts";

/** Who opens which file, and who gets it from whom. */
export interface FilePlan {
  /** Tasks that restore a descriptor table: of those that share one, the first. */
  readonly owners: ReadonlySet<Task>;
  /** The files that an owner opens, by id; some of them only for others. */
  readonly opens: ReadonlyMap<Task, readonly number[]>;
  readonly passings: Passings;
}

/**
 * Each open file description is opened by the first task of the tree that has it, together with the others of its group (the other end
 * of a pipe), and passed to all later ones.
 *
 * @param groupOf names the group of a file; files of the same name are opened by one task.
 */
export function planFiles(plan: Plan, groupOf: (file: FileEntry) => string | undefined): FilePlan {
  const owners = tableOwners(plan);
  const openerOf = new Map<string, Task>();
  const idsOf = new Map<string, Set<number>>();
  const users = new Map<number, Task[]>();
  for (const owner of owners) {
    for (const id of new Set(owner.descriptors.map((descriptor) => descriptor.id))) {
      const file = plan.checkpoint.file(id, `fdinfo of task ${owner.pid}`);
      const group = groupOf(file) ?? `file ${id}`;
      if (!openerOf.has(group)) openerOf.set(group, owner);
      append(users, id, owner);
      const ids = idsOf.get(group);
      if (ids === undefined) idsOf.set(group, new Set([id]));
      else ids.add(id);
    }
  }
  const opens = new Map<Task, number[]>();
  const passed = new Map<Task, Map<Task, number[]>>();
  for (const [group, ids] of idsOf) {
    const opener = openerOf.get(group);
    if (opener === undefined) continue;
    for (const id of ids) {
      append(opens, opener, id);
      for (const user of users.get(id) ?? []) {
        if (user === opener) continue;
        const to = passed.get(opener) ?? new Map<Task, number[]>();
        passed.set(opener, to);
        append(to, user, id);
      }
    }
  }
  const passings = new Map<Task, { outgoing: Passing[]; incoming: Passing[] }>();
  const sidesOf = (task: Task) => {
    const sides = passings.get(task) ?? { outgoing: [], incoming: [] };
    passings.set(task, sides);
    return sides;
  };
  for (const [from, receivers] of passed) {
    for (const [to, ids] of receivers) {
      const passing = { from, to, ids };
      sidesOf(from).outgoing.push(passing);
      sidesOf(to).incoming.push(passing);
    }
  }
  return { owners: new Set(owners), opens, passings };
}

/** The first task of each descriptor table. Others share it from their birth, so their forkers have to have it too. */
function tableOwners(plan: Plan): readonly Task[] {
  const owners = new Map<number, Task>();
  for (const task of plan.survivors) {
    const table = task.ids.files_id;
    if (!owners.has(table)) owners.set(table, task);
    else if (!task.forker?.survives || task.forker.ids.files_id !== table) {
      const why = `it shares the descriptors of task ${owners.get(table)?.pid}, but the task that forks it does not`;
      plan.refuse({ what: task.name, why, pid: task.pid });
    }
  }
  return [...owners.values()];
}

/** The descriptors of a table by the file they are of. */
export function byFile(descriptors: readonly FdinfoEntry[]): ReadonlyMap<number, readonly FdinfoEntry[]> {
  const groups = new Map<number, FdinfoEntry[]>();
  for (const descriptor of descriptors) append(groups, descriptor.id, descriptor);
  return groups;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
