import type { Task, Value } from "@restage/core";
import { CLONE, MOVE_MOUNT, MS } from "@restage/linux/abi";
import { setPropagation } from "./attributes.ts";
import { isWithin, type Mount, type MountTree } from "./mount-tree.ts";

/** What is needed to tie mounts together. */
export interface Made {
  /** Descriptors of all mounts. */
  readonly mounts: ReadonlyMap<Mount, Value>;
  /** Descriptors of all mount namespaces. */
  readonly namespaces: ReadonlyMap<MountTree, Value>;
  /** The mount in the yard that a mount was cloned from: a slave of what it is a part of on the host. */
  readonly origin: (mount: Mount) => Value | undefined;
}

/** Mounts that share what is mounted on them, and get what is mounted on their masters. Source: mount_namespaces(7). */
interface Group {
  readonly shared: number;
  readonly master: number;
  /** The one that shows the most first: the others can join only what shows as much as they do. */
  readonly mounts: Mount[];
}

/**
 * Shared and slave mounts. Everything was made private, so that no mount came up twice; now the first of a group is shared, and the others join
 * it, masters before their slaves. A master that is not in the tree is on the host: who is in the tree gets it from where it came.
 *
 * A group is joined from any namespace, but only in its own can a mount be made shared or a slave. Requires Linux 5.15 for groups of several.
 */
export function propagate(task: Task, { mounts, namespaces, origin }: Made): void {
  const groups = readGroups([...mounts.keys()]);
  const join = (source: Value | undefined, target: Mount) => {
    const [from, to] = [source, mounts.get(target)];
    if (from === undefined || to === undefined) return;
    task.call
      .move_mount(from, "", to, "", MOVE_MOUNT.F_EMPTY_PATH | MOVE_MOUNT.T_EMPTY_PATH | MOVE_MOUNT.SET_GROUP)
      .hint(
        `${target.entry.mountpoint} was tied to others: that needs Linux 5.15, and masters of the host as they were`,
      );
  };
  const become = (mount: Mount, propagation: number) => {
    const [descriptor, namespace] = [mounts.get(mount), namespaces.get(mount.namespace)];
    if (descriptor === undefined || namespace === undefined) return;
    task.call.setns(namespace, CLONE.NEWNS);
    setPropagation(task, descriptor, propagation);
  };
  for (const group of inOrder(groups)) {
    const [first, ...others] = group.mounts;
    if (first === undefined) continue;
    const enslave = (mount: Mount) => {
      const [master] = masterOf(group, groups)?.mounts ?? [];
      join(master === undefined ? origin(mount) : mounts.get(master), mount);
      become(mount, MS.SLAVE);
    };
    if (group.master !== 0) enslave(first);
    if (group.shared !== 0) become(first, MS.SHARED);
    for (const other of others) {
      // Slaves of one master have nothing else in common: each can come from there.
      if (group.shared === 0 && !isWithin(other.entry.root, first.entry.root)) enslave(other);
      else join(mounts.get(first), other);
    }
  }
}

function readGroups(mounts: readonly Mount[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const mount of mounts) {
    const { shared_id: shared = 0, master_id: master = 0 } = mount.entry;
    if (shared === 0 && master === 0) continue;
    const key = `${shared} ${master}`;
    const group = groups.get(key) ?? { shared, master, mounts: [] };
    groups.set(key, group);
    group.mounts.push(mount);
  }
  for (const { mounts } of groups.values()) mounts.sort((a, b) => a.entry.root.length - b.entry.root.length);
  return [...groups.values()];
}

function masterOf({ master }: Group, groups: readonly Group[]): Group | undefined {
  return master === 0 ? undefined : groups.find(({ shared }) => shared === master);
}

/** Masters before their slaves. */
function inOrder(groups: readonly Group[]): readonly Group[] {
  const depth = (group: Group, seen = 0): number => {
    const master = masterOf(group, groups);
    return master === undefined || seen > groups.length ? 0 : 1 + depth(master, seen + 1);
  };
  return [...groups].sort((a, b) => depth(a) - depth(b));
}
