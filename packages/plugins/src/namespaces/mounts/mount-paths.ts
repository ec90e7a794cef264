import type { Plan, Task } from "@restage/core";
import { hasOwnNamespace, namespaceId } from "../own-namespaces.ts";
import { type MountTree, readMounts } from "./mount-tree.ts";

/** A mount namespace, and the numbers under which tasks have it and its root open if there are several. */
export interface Namespace {
  readonly tree: MountTree;
  readonly mountIds: ReadonlySet<number>;
  readonly number: number | undefined;
  readonly root: number | undefined;
}

/** That of the root task first. */
export function readNamespaces({ checkpoint, tree, survivors, serviceDescriptors }: Plan): readonly Namespace[] {
  if (!hasOwnNamespace(checkpoint, tree.root, "mount")) return [];
  const ids = [...new Set([tree.root, ...survivors].map(mountNamespaceOf))].filter((id) => id !== undefined);
  const several = ids.length > 1;
  return ids.map((id) => {
    const tree = readMounts(checkpoint, id);
    return {
      tree,
      mountIds: new Set(tree.mounts.map(({ entry }) => entry.mnt_id)),
      number: several ? serviceDescriptors.reserve(`mount namespace ${id}`) : undefined,
      root: several ? serviceDescriptors.reserve(`root of mount namespace ${id}`) : undefined,
    };
  });
}

/** The namespace of a task by its id in the images. Zombies and helpers stay in that of who forks them. */
export function mountNamespaceOf(task: Task): number | undefined {
  if (task.survives || task.forker === undefined) return namespaceId(task, "mount");
  return mountNamespaceOf(task.forker);
}

/** Where the files of a mount are. */
export interface MountPaths {
  /** What comes before a path so that a task finds it in the namespace of a mount, by its id: nothing, if that is its own. */
  forTask(task: Task, mountId: number | undefined): string;
  /** What comes before a path so that this process finds it, from the end of PREPARE_NAMESPACES to COMPLETE. */
  outside(mountId: number | undefined): string;
}

/** To be asked for while planning. */
export function readMountPaths(plan: Plan): MountPaths {
  const namespaces = readNamespaces(plan);
  const namespaceOf = (mountId: number | undefined) =>
    namespaces.find(({ mountIds }) => mountId !== undefined && mountIds.has(mountId)) ?? namespaces[0];
  return {
    forTask(task, mountId) {
      const namespace = namespaceOf(mountId);
      if (namespace?.root === undefined || namespace.tree.id === mountNamespaceOf(task)) return "";
      return `/proc/self/fd/${namespace.root}`;
    },
    outside(mountId) {
      const namespace = namespaceOf(mountId);
      if (namespace === undefined) return "";
      return `/proc/${plan.tree.root.hostPid}/${namespace.root === undefined ? "root" : `fd/${namespace.root}`}`;
    },
  };
}
