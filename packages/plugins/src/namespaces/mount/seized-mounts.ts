import type { DumpContext, SeizedTask } from "@restage/core";
import { namespaceId, ownNamespace } from "../own-namespaces.ts";
import { type Mountinfo, readMountinfo } from "./mountinfo.ts";

/** A mount namespace of a seized tree. */
export interface SeizedMounts {
  /** Its number in images. */
  readonly id: number;
  /** The process in whose /proc all its mounts are visible: a task with another root directory does not see all of them. */
  readonly proc: string;
  readonly mounts: readonly Mountinfo[];
}

/** The mount namespaces of a tree, that of the root task first; none for a tree without one of its own. They are read once. */
export function seizedMounts(context: DumpContext): readonly SeizedMounts[] {
  const found = known.get(context) ?? readAll(context);
  known.set(context, found);
  return found;
}

const known = new WeakMap<DumpContext, readonly SeizedMounts[]>();

/** The namespace that has a mount. A file of a mount that is in none is looked for in that of the root task, as a restore does. */
export function namespaceOfMount(mountId: number, context: DumpContext): SeizedMounts | undefined {
  const all = seizedMounts(context);
  return all.find(({ mounts }) => mounts.some(({ id }) => id === mountId)) ?? all[0];
}

function readAll(context: DumpContext): readonly SeizedMounts[] {
  if (ownNamespace(context, "mount") === undefined) return [];
  const members = new Map<number, SeizedTask[]>();
  for (const task of context.tree.alive) {
    const id = namespaceId(task, "mount") ?? 0;
    const others = members.get(id);
    if (others === undefined) members.set(id, [task]);
    else others.push(task);
  }
  return [...members].map(([id, tasks]) => {
    const isAtRoot = ({ proc }: SeizedTask) => context.host.readLink(`${proc}/root`) === "/";
    const { proc } = tasks.find(isAtRoot) ?? tasks[0] ?? context.tree.root;
    return { id, proc, mounts: readMounts(proc, context) };
  });
}

/** The kernel shows the root of a mount of cgroups as the reader's cgroup namespace does. */
function readMounts(proc: string, context: DumpContext): readonly Mountinfo[] {
  const read = () => readMountinfo(context.host, proc);
  if (ownNamespace(context, "cgroup") === undefined) return read();
  return context.host.inside(`${context.tree.root.proc}/ns/cgroup`, "cgroup", read);
}
