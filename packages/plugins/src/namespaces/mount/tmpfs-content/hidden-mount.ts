import type { DumpContext } from "@restage/core";
import { AT_FDCWD, CLONE, ERRNO, MNT, MS, O, OPEN_TREE } from "@restage/linux/abi";
import { kernelDevice } from "../../../files/device-number.ts";
import type { Mountinfo } from "../mountinfo.ts";
import type { SeizedMounts } from "../seized-mounts.ts";

/** Whether another mount hides a mount, so that no path leads to it. */
export function isHidden(mount: Mountinfo, { proc }: SeizedMounts, { host }: DumpContext): boolean {
  return kernelDevice(host.inode(`${proc}/root${mount.mountPoint}`)?.dev ?? 0n) !== mount.device;
}

/**
 * A copy of a hidden mount, as a descriptor. It is reached in a copy of the mount namespace, where the mounts that hide it are taken away. That copy is
 * private and ends with this call.
 *
 * @returns the descriptor, or -errno: EINVAL if the mount namespace belongs to another user namespace, which locks its mounts. Source: mount_namespaces(7).
 */
export function openHidden(mount: Mountinfo, { proc, mounts }: SeizedMounts, { host }: DumpContext): number {
  const root = host.call.openat(AT_FDCWD, `${proc}/root`, O.PATH | O.CLOEXEC, 0).result;
  const copy = host.insideMounts(`${proc}/ns/mnt`, () => {
    host.call.fchdir(root);
    host.call.chroot(".");
    host.call.unshare(CLONE.NEWNS);
    const made = host.attempt("mount", "none", "/", "", MS.REC | MS.PRIVATE, "");
    if (made < 0) return made;
    for (const path of coversOf(mount, mounts)) {
      const removed = host.attempt("umount2", path, MNT.DETACH);
      if (removed < 0) return removed;
    }
    return host.attempt("open_tree", AT_FDCWD, mount.mountPoint, OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC);
  });
  host.call.close(root);
  if (copy < 0 || kernelDevice(host.inode(`/proc/self/fd/${copy}`)?.dev ?? 0n) === mount.device) return copy;
  host.call.close(copy);
  return -ERRNO.ENOENT;
}

/** The mount points to unmount until a path leads to a mount, in this order: each as often as there are mounts on it. */
export function coversOf(mount: Mountinfo, mounts: readonly Mountinfo[]): readonly string[] {
  const way = wayTo(mount, mounts);
  const others = mounts.filter((other) => !way.includes(other));
  const stackOn = (cover: Mountinfo) =>
    others
      .filter(({ mountPoint }) => mountPoint === cover.mountPoint)
      .filter((one) => wayTo(one, mounts).includes(cover));
  return way
    .flatMap((step) => [
      ...others.filter((other) => isAbove(other, step)),
      ...others.filter((other) => other.parent === step.id && other.mountPoint === step.mountPoint),
    ])
    .flatMap(stackOn)
    .map(({ mountPoint }) => mountPoint);
}

/** A mount and those that it is mounted on, the outermost first. */
function wayTo(mount: Mountinfo, mounts: readonly Mountinfo[]): readonly Mountinfo[] {
  const parent = mounts.find(({ id }) => id === mount.parent);
  return parent === undefined || parent === mount ? [mount] : [...wayTo(parent, mounts), mount];
}

/** Whether a mount is on a directory above the mount point of another one. */
function isAbove(other: Mountinfo, { parent, mountPoint }: Mountinfo): boolean {
  return other.parent === parent && mountPoint.startsWith(`${other.mountPoint}/`);
}
