import type { Plan, Task } from "@restage/core";
import type { FdinfoEntry, FileEntry } from "@restage/images";
import type { Passing, Passings } from "../../transport/transport.ts";
import { FileGroups } from "./file-groups.ts";

/** Who opens which file, and who gets it from whom. */
export interface FilePlan {
  /** Tasks that restore a descriptor table: of those that share one, the first. */
  readonly owners: ReadonlySet<Task>;
  /** The files that an owner opens, by id; some of them only for others. */
  readonly opens: ReadonlyMap<Task, readonly number[]>;
  readonly passings: Passings;
}

/** Which files are opened together. */
export interface FileTies {
  /** The name of a file's group; files of the same name are opened by one task. */
  readonly groupOf: (file: FileEntry) => string | undefined;
  /** Ids of the files that have to be open in the task that opens a file. */
  readonly needsOf: (file: FileEntry) => readonly number[];
}

/**
 * Each open file description is opened by the first task of the tree that has one of its group (the other end of a pipe, the peer of a socket),
 * and passed to all later ones that have it.
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

/** The groups of files, and the ids of all of them: those given, and those that they need. */
function groupFiles(
  plan: Plan,
  given: readonly number[],
  ties: FileTies,
): { groups: FileGroups; ids: ReadonlySet<number> } {
  const groups = new FileGroups();
  const ids = new Set(given);
  // What is added on the way is visited too.
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
