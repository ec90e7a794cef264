import type { DumpContext, OpenFile } from "@restage/core";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { ownNamespace } from "../own-namespaces.ts";

const MOUNT = /^mnt_id:\s*(\d+)/m;

/** The mount field of a file's entry; none for a tree without a mount namespace of its own. */
export function mountOf(file: OpenFile, context: DumpContext): { readonly mnt_id?: number } {
  return ownNamespace(context, "mount") === undefined ? {} : { mnt_id: mountIdOf(file, context) };
}

/** The process in whose /proc all mounts of the tree are visible. A task with another root directory does not see all of them. */
export function procOfMounts(context: DumpContext): string {
  return ownNamespace(context, "mount") === undefined ? "/proc/self" : context.tree.root.proc;
}

/** The mount through which a file was opened. */
export function mountIdOf({ proc, info }: OpenFile, context: DumpContext): number {
  return Number(MOUNT.exec(info === "" ? infoOf(proc, context) : info)?.[1] ?? -1);
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
