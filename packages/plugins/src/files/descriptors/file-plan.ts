import type { Plan, Task } from "@restage/core";
import type { FdinfoEntry, FileEntry } from "@restage/images";
import type { Passing, Passings } from "../../transport/transport.ts";
import { FileGroups } from "./file-groups.ts";

/** Which task opens which file, and passes it to which tasks. */
export interface FilePlan {
  /** The tasks that restore a descriptor table: the first of those that share it. */
  readonly owners: ReadonlySet<Task>;
  /** The files that an owner opens, by id, including those that it opens only for other tasks. */
  readonly opens: ReadonlyMap<Task, readonly number[]>;
  readonly passings: Passings;
}

/** Which files are opened together. */
export interface FileTies {
  /** The name of a file's group; one task opens all files of a group. */
  readonly groupOf: (file: FileEntry) => string | undefined;
  /** Ids of the files that must be open in the task that opens a file. */
  readonly needsOf: (file: FileEntry) => readonly number[];
}

/**
 * Plans who opens each open file description: the first task of the tree that has a file of its group (the other end of a pipe, the peer of a
 * socket). That task passes it to all others that have it.
 */
export function planFiles(plan: Plan, ties: FileTies): FilePlan {
  const owners = tableOwners(plan);
  const users = new Map<number, Task[]>();
  for (const owner of owners) {
    for (const id of new Set(owner.descriptors.map((descriptor) => descriptor.id))) append(users, id, owner);
  }
  const { groups, ids: needed } = groupFiles(plan, [...users.keys()], ties);
  const openerOf = new Map<string, Task>();
  for (const [id, [first]] of users) {
    const group = groups.of(nameOf(id));
    if (first !== undefined && !openerOf.has(group)) openerOf.set(group, first);
  }
  const opens = new Map<Task, number[]>();
  const passed = new Map<Task, Map<Task, number[]>>();
  for (const id of needed) {
    const opener = openerOf.get(groups.of(nameOf(id)));
    if (opener === undefined) continue;
    append(opens, opener, id);
    for (const user of users.get(id) ?? []) {
      if (user === opener) continue;
      const to = passed.get(opener) ?? new Map<Task, number[]>();
      passed.set(opener, to);
      append(to, user, id);
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

/** The groups of files, and the ids of the given files and of those that they need. */
function groupFiles(
  plan: Plan,
  given: readonly number[],
  ties: FileTies,
): { groups: FileGroups; ids: ReadonlySet<number> } {
  const groups = new FileGroups();
  const ids = new Set(given);
  // The loop also visits ids that it adds.
  for (const id of ids) {
    const file = plan.images.file(id, "a descriptor, or another file,");
    const name = ties.groupOf(file);
    if (name !== undefined) groups.join(nameOf(id), name);
    for (const need of ties.needsOf(file)) {
      groups.join(nameOf(id), nameOf(need));
      ids.add(need);
    }
  }
  return { groups, ids };
}

function nameOf(id: number): string {
  return `file ${id}`;
}

/** The first task of each descriptor table. Other tasks share a table from birth, so their forkers must have it too. */
function tableOwners(plan: Plan): readonly Task[] {
  const owners = new Map<number, Task>();
  for (const task of plan.survivors) {
    const table = task.ids.files_id;
    const owner = owners.get(table);
    if (owner === undefined) owners.set(table, task);
    else if (!task.forker?.survives || task.forker.ids.files_id !== table) {
      const why = `it shares the descriptors of ${owner.name}, but its forker does not`;
      plan.refuse({ what: task.name, why, pid: task.pid });
    }
  }
  return [...owners.values()];
}

/** The descriptors of a table, by the ids of their files. */
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
