import type { Call, StageContext, Task } from "@restage/core";
import { fstype } from "@restage/images";
import { AT_FDCWD, MNT, MOVE_MOUNT, S_IF } from "@restage/linux/abi";
import type { MountedTerminals, PtmxLocation } from "../../terminals/mounted-terminals.ts";
import { setAttributes } from "./attributes.ts";
import type { Part } from "./file-systems.ts";
import { type Mount, type MountTree, relative } from "./mount-tree.ts";
import { ROOT, type StagingArea } from "./staging-area.ts";

/**
 * Makes the mounts of a namespace in the staging area, from the root down. Each is a clone of a part of a file system, moved to its mount point. The mount
 * point is found through the parent's descriptor, whatever covers it. The root becomes the working directory. Returns the descriptors of all mounts.
 *
 * @param clones mounts of which a writable clone gets a number too.
 */
export async function assemble(
  root: Task,
  tree: MountTree,
  parts: ReadonlyMap<Mount, Part>,
  staging: StagingArea,
  clones: ReadonlyMap<Mount, number>,
  terminals: MountedTerminals,
  { host }: StageContext,
): Promise<ReadonlyMap<Mount, Call>> {
  const { call } = root;
  const made = new Map<Mount, Call>();
  for (const mount of tree.mounts) {
    const part = parts.get(mount);
    if (part === undefined) continue;
    const { entry, parent } = mount;
    const under = parent === undefined ? undefined : made.get(parent);
    const point = parent === undefined ? ROOT : relative(entry.mountpoint, parent.entry.mountpoint);
    if (part.deleted && under !== undefined) {
      await root.flush();
      const found = host.stat(`/proc/${root.hostPid}/fd/${under.result}/${point}`);
      staging.makeDeleted(part, typeof found === "string" || (found.mode & S_IF.MT) === S_IF.DIR);
    }
    const index = terminalOf(part);
    const master =
      index === undefined ? undefined : await terminals.open(root, ptmxOf(part, made, parts, staging), index);
    const clone = staging.clone(part).hint(`create ${entry.root}, which ${entry.mountpoint} showed`);
    if (master !== undefined) call.close(master);
    setAttributes(root, clone, entry);
    const number = clones.get(mount);
    if (number !== undefined) root.place(staging.clone(part), number, { cloexec: true });
    const flags = MOVE_MOUNT.F_EMPTY_PATH | (point === "" ? MOVE_MOUNT.T_EMPTY_PATH : 0);
    call.move_mount(clone, "", under ?? AT_FDCWD, point, flags).hint(`create the mount point ${entry.mountpoint}`);
    made.set(mount, clone);
  }
  const [top] = made.values();
  if (top !== undefined) call.fchdir(top);
  return made;
}

/**
 * The device of masters of a devpts, through its mount in the tree if that is made already: a terminal has its path there. Another mount is gone when
 * the tree runs, and a later checkpoint would not find the terminal.
 */
function ptmxOf(
  { of }: Part,
  made: ReadonlyMap<Mount, Call>,
  parts: ReadonlyMap<Mount, Part>,
  staging: StagingArea,
): PtmxLocation {
  for (const [mount, descriptor] of made) {
    const part = parts.get(mount);
    if (part?.of === of && part.path === "") return [descriptor, "ptmx"];
  }
  return [AT_FDCWD, staging.path(of, "ptmx")];
}

/** The number of the terminal that a mount shows: the tree's own devpts is empty when it is mounted. */
function terminalOf({ of: { source, entry }, path }: Part): number | undefined {
  return source.kind === "new" && entry.fstype === fstype.DEVPTS && /^\d+$/.test(path) ? Number(path) : undefined;
}

/** Makes the working directory the root. The old root is then mounted on it, and unmounted. Source: pivot_root(2). */
export function pivot({ call }: Task): void {
  call.pivot_root(".", ".");
  call.umount2(".", MNT.DETACH);
  call.chdir("/");
}
