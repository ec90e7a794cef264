import type { DumpContext, OpenFile } from "@restage/core";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { ownNamespace } from "../own-namespaces.ts";
import { type Mountinfo, readMountinfo } from "./mountinfo.ts";
import { namespaceOfMount, seizedMounts } from "./seized-mounts.ts";

const MOUNT = /^mnt_id:\s*(\d+)/m;

/** The mount field of a file's entry; none for a tree without a mount namespace of its own. */
export function mountOf(file: OpenFile, context: DumpContext): { readonly mnt_id?: number } {
  return ownNamespace(context, "mount") === undefined ? {} : { mnt_id: mountIdOf(file, context) };
}

/** The mount field of a file that this process has open, like `mountOf`. */
export function mountOfDescriptor(descriptor: number, context: DumpContext): { readonly mnt_id?: number } {
  if (ownNamespace(context, "mount") === undefined) return {};
  return { mnt_id: mountIdIn(context.host.readText(`/proc/self/fdinfo/${descriptor}`) ?? "") };
}

/** The processes in whose /proc all mounts of the tree are visible: one of each mount namespace, that of the root task first. */
export function procsOfMounts(context: DumpContext): readonly string[] {
  return ownNamespace(context, "mount") === undefined ? ["/proc/self"] : seizedMounts(context).map(({ proc }) => proc);
}

/** The directory in which the path of a file begins: the root of the mount namespace of its mount. */
export function rootOf(file: OpenFile, context: DumpContext): string {
  // Reading the mount of a file without a descriptor takes time, and the right to open it.
  const several = seizedMounts(context).length > 1;
  return rootOfMount(several ? mountIdOf(file, context) : undefined, context);
}

/** The root of the mount namespace that has a mount, by its number; of that of the root task without one. */
export function rootOfMount(mountId: number | undefined, context: DumpContext): string {
  return `${namespaceOfMount(mountId ?? -1, context)?.proc ?? "/proc/self"}/root`;
}

/** Whether a file was opened through a mount that is not one of the tree's. False if this process cannot tell. */
export function isElsewhere(file: OpenFile, context: DumpContext): boolean {
  if (file.info === "" && context.host.inode(file.proc) === undefined) return false;
  const mounts = known.get(context) ?? new Set(mountsOf(context).map(({ id }) => id));
  known.set(context, mounts);
  return !mounts.has(mountIdOf(file, context));
}

function mountsOf(context: DumpContext): readonly Mountinfo[] {
  const own = seizedMounts(context);
  return own.length === 0 ? readMountinfo(context.host, "/proc/self") : own.flatMap(({ mounts }) => mounts);
}

const known = new WeakMap<DumpContext, ReadonlySet<number>>();

/** The mount through which a file was opened. */
function mountIdOf({ proc, info }: OpenFile, context: DumpContext): number {
  return mountIdIn(info === "" ? infoOf(proc, context) : info);
}

function mountIdIn(info: string): number {
  return Number(MOUNT.exec(info)?.[1] ?? -1);
}

/** What `--external` calls a file that stays outside of a checkpoint, and `--inherit-fd` when a restore gets it. */
export function externalName(file: OpenFile, context: DumpContext): string {
  return `file[${mountIdOf(file, context).toString(16)}:${file.stat.ino.toString(16)}]`;
}

/** The fdinfo of a file without a descriptor, which is opened for this. */
function infoOf(proc: string, { host }: DumpContext): string {
  const file = host.call.openat(AT_FDCWD, proc, O.PATH | O.CLOEXEC, 0).result;
  try {
    return host.readText(`/proc/self/fdinfo/${file}`) ?? "";
  } finally {
    host.call.close(file);
  }
}
