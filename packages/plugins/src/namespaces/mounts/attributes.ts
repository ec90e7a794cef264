import { type Task, type Value, words } from "@restage/core";
import type { MntEntry } from "@restage/images";
import { AT, MOUNT_ATTR, MS } from "@restage/linux/abi";
import type { Mount } from "./mount-tree.ts";

/** Flags of mount(2) and the attributes that they are. */
const ATTRIBUTES = [
  [MS.RDONLY, MOUNT_ATTR.RDONLY],
  [MS.NOSUID, MOUNT_ATTR.NOSUID],
  [MS.NODEV, MOUNT_ATTR.NODEV],
  [MS.NOEXEC, MOUNT_ATTR.NOEXEC],
  [MS.NODIRATIME, MOUNT_ATTR.NODIRATIME],
  [MS.NOSYMFOLLOW, MOUNT_ATTR.NOSYMFOLLOW],
  [MS.NOATIME, MOUNT_ATTR.NOATIME],
  [MS.STRICTATIME, MOUNT_ATTR.STRICTATIME],
] as const;

/** Gives a mount its flags. Requires Linux 5.12. */
export function setAttributes(task: Task, mount: Value, { flags }: MntEntry): void {
  const set = ATTRIBUTES.reduce((all, [flag, attribute]) => ((flags & flag) === 0 ? all : all | attribute), 0);
  if (set !== 0) change(task, mount, set, 0);
  if ((flags & MS.UNBINDABLE) !== 0) change(task, mount, 0, MS.UNBINDABLE);
}

function change(task: Task, mount: Value, set: number, propagation: number): void {
  const hasAccessTime = (set & MOUNT_ATTR.ATIME) !== 0;
  const attributes = words(set, hasAccessTime ? MOUNT_ATTR.ATIME : 0, propagation, 0);
  task.call.mount_setattr(mount, "", AT.EMPTY_PATH, attributes, 32);
}

/**
 * Shared and slave mounts. Everything was made private, so that no mount came up twice; now the first of a group is shared, and the others join
 * it. Masters come before their slaves. Requires Linux 5.15 for groups of several.
 */
export function setPropagation(task: Task, mounts: readonly Mount[], descriptors: ReadonlyMap<Mount, Value>): void {
  const groups = new Map<number, Mount>();
  const join = (from: Mount, to: Mount) => {
    const [source, target] = [descriptors.get(from), descriptors.get(to)];
    if (source === undefined || target === undefined) return;
    task.call
      .move_mount(source, "", target, "", MOVE_MOUNT.F_EMPTY_PATH | MOVE_MOUNT.T_EMPTY_PATH | MOVE_MOUNT.SET_GROUP)
      .hint("propagation groups need Linux 5.15 or newer");
  };
  for (const mount of inOrder(mounts)) {
    const { shared_id = 0, master_id = 0 } = mount.entry;
    const descriptor = descriptors.get(mount);
    if (descriptor === undefined) continue;
    const peer = groups.get(shared_id);
    const master = groups.get(master_id);
    if (shared_id !== 0 && peer !== undefined) {
      join(peer, mount);
      continue;
    }
    if (master !== undefined) {
      join(master, mount);
      change(task, descriptor, 0, MS.SLAVE);
    }
    if (shared_id === 0) continue;
    change(task, descriptor, 0, MS.SHARED);
    groups.set(shared_id, mount);
  }
}

/** Masters first; of a group the one that shows the most, from which others can join. */
function inOrder(mounts: readonly Mount[]): readonly Mount[] {
  const propagating = mounts.filter(({ entry }) => (entry.shared_id ?? 0) !== 0 || (entry.master_id ?? 0) !== 0);
  const depth = (mount: Mount, seen = 0): number => {
    const master = propagating.find(({ entry }) => entry.shared_id === mount.entry.master_id && entry.shared_id !== 0);
    return master === undefined || seen > propagating.length ? 0 : 1 + depth(master, seen + 1);
  };
  return [...propagating].sort((a, b) => depth(a) - depth(b) || a.entry.root.length - b.entry.root.length);
}

/** Flags of move_mount(2). Source: include/uapi/linux/mount.h. */
export const MOVE_MOUNT = { F_EMPTY_PATH: 4, T_EMPTY_PATH: 0x40, SET_GROUP: 0x100 } as const;
