import type { Task, Value } from "@restage/core";
import { CLONE, MOVE_MOUNT, MS } from "@restage/linux/abi";
import { setPropagation } from "./attributes.ts";
import { isWithin, type Mount, type MountTree } from "./mount-tree.ts";

/** The mounts to be tied together. */
export interface Made {
  /** Descriptors of all mounts. */
  readonly mounts: ReadonlyMap<Mount, Value>;
  /** Descriptors of all mount namespaces. */
  readonly namespaces: ReadonlyMap<MountTree, Value>;
  /** The mount in the staging area from which a mount was cloned: a slave of the host's. */
  readonly origin: (mount: Mount) => Value | undefined;
}

/** Mounts that share mount events, and receive those of their master. Source: mount_namespaces(7). */
interface Group {
  readonly shared: number;
  readonly master: number;
  /** The one with the shortest root first: the others can join only a mount that shows at least as much. */
  readonly mounts: Mount[];
}

/**
 * Makes shared and slave mounts. All mounts were made private, so that none was propagated to another. Now the first mount of each group becomes
 * shared, and the others join it, masters before their slaves. A master outside the tree is on the host, and reaches the tree through the staging area.
 *
 * A mount can join a group from any namespace, but becomes shared or a slave only in its own. Requires Linux 5.15 for groups of several mounts.
 */
export function propagate(task: Task, { mounts, namespaces, origin }: Made): void {
  const groups = readGroups([...mounts.keys()]);
  const join = (source: Value | undefined, target: Mount) => {
    const [from, to] = [source, mounts.get(target)];
    if (from === undefined || to === undefined) return;
    task.call
      .move_mount(from, "", to, "", MOVE_MOUNT.F_EMPTY_PATH | MOVE_MOUNT.T_EMPTY_PATH | MOVE_MOUNT.SET_GROUP)
      .hint(
        `${target.entry.mountpoint} shared mounts with others: use Linux 5.15 or newer, and restore the host's master mounts`,
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
      // Slaves of one master need not join each other: each can join the master.
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
