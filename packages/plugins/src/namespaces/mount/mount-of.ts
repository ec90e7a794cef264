import type { DumpContext, OpenFile } from "@restage/core";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { ownNamespace } from "../own-namespaces.ts";
import { readMountinfo } from "./mountinfo.ts";

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

/** The process in whose /proc all mounts of the tree are visible. A task with another root directory does not see all of them. */
export function procOfMounts(context: DumpContext): string {
  return ownNamespace(context, "mount") === undefined ? "/proc/self" : context.tree.root.proc;
}

/** Whether a file was opened through a mount that is not one of the tree's. False if this process cannot tell. */
export function isElsewhere(file: OpenFile, context: DumpContext): boolean {
  if (file.info === "" && context.host.inode(file.proc) === undefined) return false;
  const mounts = known.get(context) ?? new Set(readMountinfo(context.host, procOfMounts(context)).map(({ id }) => id));
  known.set(context, mounts);
  return !mounts.has(mountIdOf(file, context));
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
