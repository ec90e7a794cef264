import type { Plan, Task } from "@restage/core";
import { AT_FDCWD, MS } from "@restage/linux/abi";
import type { Location } from "../../files/location.ts";
import { readRemaps } from "../../files/remaps.ts";
import { hasOwnNamespace, namespaceId } from "../own-namespaces.ts";
import { findParts, hostPathOf } from "./file-systems.ts";
import { isWithin, type Mount, type MountTree, readMounts, relative } from "./mount-tree.ts";

const NONE = -1;

/** A mount namespace, and where there are several, the numbers of its descriptor and of its root in every task. */
export interface Namespace {
  readonly tree: MountTree;
  readonly mountIds: ReadonlySet<number>;
  readonly number: number | undefined;
  readonly root: number | undefined;
}

/** The mount namespaces of the tree, that of the root task first. */
export function readNamespaces({ images, tree, survivors, serviceDescriptors }: Plan): readonly Namespace[] {
  if (!hasOwnNamespace(images, tree.root, "mount")) return [];
  const ids = [...new Set([tree.root, ...survivors].map(mountNamespaceOf))].filter((id) => id !== undefined);
  const several = ids.length > 1;
  return ids.map((id) => {
    const tree = readMounts(images, id);
    return {
      tree,
      mountIds: new Set(tree.mounts.map(({ entry }) => entry.mnt_id)),
      number: several ? serviceDescriptors.reserve(`mount namespace ${id}`) : undefined,
      root: several ? serviceDescriptors.reserve(`root of mount namespace ${id}`) : undefined,
    };
  });
}

/** The number of a task's namespace in the images. Zombies and helpers stay in that of the task that forks them. */
export function mountNamespaceOf(task: Task): number | undefined {
  if (task.survives || task.forker === undefined) return namespaceId(task, "mount");
  return mountNamespaceOf(task.forker);
}

/** A file as a mount shows it: `mnt_id` is the number of the mount in the images. */
export interface Shown {
  readonly mnt_id?: number | undefined;
  readonly name: string;
}

/** Where the files of mounts can be reached. */
export interface MountPaths {
  /** Where a task finds a path in the namespace of a mount. */
  forTask(task: Task, mountId: number | undefined, path: string): Location;
  /** The prefix with which this process reaches a path, from the end of PREPARE_NAMESPACES to COMPLETE. */
  outside(mountId: number | undefined): string;
  /**
   * A path at which this process can write during the same time, also on a read-only mount. For files of the host it is their path there, so that an
   * undo finds them when no task is left.
   */
  writable(mountId: number | undefined, path: string): string;
  /** `writable` paths of two files in one mount, if any shows both: link(2) does not lead from one mount to another. */
  together(one: Shown, other: Shown): readonly [string, string];
  /** Whether two mounts show one place. */
  isSame(one: Shown, other: Shown): boolean;
}

/** Must be called while planning: it reserves descriptors. */
export function readMountPaths(plan: Plan): MountPaths {
  const { options, tree } = plan;
  const namespaces = readNamespaces(plan);
  const trees = namespaces.map(({ tree }) => tree);
  const parts = findParts(plan, trees, () => {});
  const mounts = new Map([...parts.keys()].map((mount) => [mount.entry.mnt_id, mount]));
  const clones = readWritableClones(plan, parts.keys());
  const namespaceOf = (mountId: number) => namespaces.find(({ mountIds }) => mountIds.has(mountId)) ?? namespaces[0];
  const outside = (mountId = NONE) => {
    const namespace = namespaceOf(mountId);
    if (namespace === undefined) return "";
    return `/proc/${tree.root.hostPid}/${namespace.root === undefined ? "root" : `fd/${namespace.root}`}`;
  };
  const writable: MountPaths["writable"] = (mountId = NONE, path) => {
    const mount = mounts.get(mountId) ?? mountAt(trees[0], path);
    const part = mount === undefined ? undefined : parts.get(mount);
    if (mount === undefined || part === undefined || part.deleted) return outside(mountId) + path;
    const below = relative(path, mount.entry.mountpoint);
    const host = hostPathOf(part.of, options);
    if (host !== undefined) return joined(host, joined(part.path, below));
    const clone = clones.get(mount);
    return clone === undefined ? outside(mountId) + path : `/proc/${tree.root.hostPid}/fd/${clone}/${below}`;
  };
  /** The file system of a file, and the path there. */
  const placeOf = ({ mnt_id = NONE, name }: Shown) => {
    const mount = mounts.get(mnt_id);
    const part = mount === undefined ? undefined : parts.get(mount);
    if (mount === undefined || part === undefined || part.deleted) return undefined;
    return { of: part.of, path: joined(part.path, relative(name, mount.entry.mountpoint)) };
  };
  return {
    forTask(task, mountId = NONE, path) {
      const namespace = namespaceOf(mountId);
      if (namespace?.root === undefined || namespace.tree.id === mountNamespaceOf(task)) return [AT_FDCWD, path];
      return [namespace.root, `.${path}`];
    },
    outside,
    writable,
    together(one, other) {
      const [first, second] = [placeOf(one), placeOf(other)];
      if (one.mnt_id !== other.mnt_id && first !== undefined && first.of === second?.of) {
        for (const [{ entry }, { of, path, deleted }] of parts) {
          if (of !== first.of || deleted || !isBelow(first.path, path) || !isBelow(second.path, path)) continue;
          const root = entry.mountpoint === "/" ? "" : entry.mountpoint;
          const shown = (at: string) => writable(entry.mnt_id, `${root}/${path === "" ? at : relative(at, path)}`);
          return [shown(first.path), shown(second.path)];
        }
      }
      return [writable(one.mnt_id, one.name), writable(other.mnt_id, other.name)];
    },
    isSame(one, other) {
      const [first, second] = [placeOf(one), placeOf(other)];
      if (first === undefined || second === undefined) return one.mnt_id === other.mnt_id && one.name === other.name;
      return first.of === second.of && first.path === second.path;
    },
  };
}

/** The mount that shows a path. */
function mountAt(tree: MountTree | undefined, path: string): Mount | undefined {
  const length = ({ entry }: Mount) => entry.mountpoint.length;
  const above = tree?.mounts.filter(({ entry }) => isWithin(path, entry.mountpoint)) ?? [];
  return above.reduce<Mount | undefined>(
    (best, mount) => (best && length(best) > length(mount) ? best : mount),
    undefined,
  );
}

/** A path below a directory; both can be empty. */
function joined(directory: string, below: string): string {
  if (directory === "" || below === "") return directory + below;
  return directory === "/" ? `/${below}` : `${directory}/${below}`;
}

/** Whether a path of a file system is in a directory of it; "" is the whole of it. */
function isBelow(path: string, directory: string): boolean {
  return directory === "" || path.startsWith(`${directory}/`);
}

/**
 * Read-only mounts on which deleted files must exist for a moment, and the numbers of writable clones of them in every task.
 */
export function readWritableClones(plan: Plan, mounts: Iterable<Mount>): ReadonlyMap<Mount, number> {
  const { images, serviceDescriptors } = plan;
  const written = new Set(
    readRemaps(images)
      .filter(({ kind }) => kind === "ghost" || kind === "link")
      .map(({ id }) => images.file(id, "remap-fpath.img").reg?.mnt_id),
  );
  const clones = new Map<Mount, number>();
  for (const mount of mounts) {
    const { flags, mnt_id } = mount.entry;
    if ((flags & MS.RDONLY) !== 0 && written.has(mnt_id))
      clones.set(mount, serviceDescriptors.reserve(`writable mount ${mnt_id}`));
  }
  return clones;
}
