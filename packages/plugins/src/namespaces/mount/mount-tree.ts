import { type ImageSet, RestoreError } from "@restage/core";
import type { MntEntry } from "@restage/images";

/** A mount of a namespace of the tree. */
export interface Mount {
  readonly entry: MntEntry;
  readonly parent: Mount | undefined;
  readonly namespace: MountTree;
}

/** The mounts of a namespace. */
export interface MountTree {
  /** The namespace's id in the images. */
  readonly id: number;
  /** In the order in which they are made: the first is the root. */
  readonly mounts: readonly Mount[];
}

/** Reads the mounts of a namespace. Throws ERR_IMAGE when they do not form a tree. */
export function readMounts(images: ImageSet, id: number): MountTree {
  const entries = images.values("mnts", id);
  const byId = new Map(entries.map((entry) => [entry.mnt_id, entry]));
  const roots = entries.filter(({ parent_mnt_id, mnt_id }) => !byId.has(parent_mnt_id) || parent_mnt_id === mnt_id);
  const [root] = roots;
  const file = `mountpoints-${id}.img`;
  if (root === undefined || roots.length > 1)
    throw new RestoreError("ERR_IMAGE", `Cannot read ${file}: it has ${roots.length} roots`, { entry: file });
  const mounts: Mount[] = [];
  const namespace: MountTree = { id, mounts };
  const add = (entry: MntEntry, parent: Mount | undefined): void => {
    const mount: Mount = { entry, parent, namespace };
    mounts.push(mount);
    for (const child of childrenOf(entry, entries)) add(child, mount);
  };
  add(root, undefined);
  if (mounts.length !== byId.size)
    throw new RestoreError("ERR_IMAGE", `Cannot read ${file}: mounts are not below its root`, { entry: file });
  return namespace;
}

/**
 * Children in the order in which they are mounted. A path leads to the last mount, so deeper mount points come before those that would hide them. Of
 * several at one place the older, with the lower id, is below.
 */
function childrenOf(parent: MntEntry, entries: readonly MntEntry[]): readonly MntEntry[] {
  const children = entries.filter((entry) => entry.parent_mnt_id === parent.mnt_id && entry !== parent);
  const depth = ({ mountpoint }: MntEntry) => (mountpoint === parent.mountpoint ? -1 : mountpoint.split("/").length);
  return children.sort((a, b) => depth(b) - depth(a) || a.mnt_id - b.mnt_id);
}

/** Whether a path is in a directory, or the directory itself. */
export function isWithin(path: string, directory: string): boolean {
  return directory === "/" || path === directory || path.startsWith(`${directory}/`);
}

/** A path relative to a directory: empty for the directory itself. */
export function relative(path: string, directory: string): string {
  return directory === "/" ? path.slice(1) : path.slice(directory.length + 1);
}
