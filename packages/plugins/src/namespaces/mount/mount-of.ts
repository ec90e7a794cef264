import { AT_FDCWD, O } from "@restage/linux/abi";
import type { OpenFile } from "@restage/core";
import type { FrozenTree } from "@restage/core";
import { ownNamespace } from "../nested/dump.ts";

const MOUNT = /^mnt_id:\s*(\d+)/m;

/** What stands in a file's entry: its mount, in a tree with mounts of its own; nothing in another one. */
export function mountOf(file: OpenFile, tree: FrozenTree): { readonly mnt_id?: number } {
  return ownNamespace(tree, "mnt") === undefined ? {} : { mnt_id: mountIdOf(file, tree) };
}

/** The mount by which a file was opened. */
export function mountIdOf({ proc, info }: OpenFile, tree: FrozenTree): number {
  return Number(MOUNT.exec(info === "" ? infoOf(proc, tree) : info)?.[1] ?? -1);
}

/** /proc/PID/fdinfo of a file that is open for it alone. */
function infoOf(proc: string, { host }: FrozenTree): string {
  const file = host.call.openat(AT_FDCWD, proc, O.PATH | O.CLOEXEC, 0).result;
  try {
    return host.readText(`/proc/self/fdinfo/${file}`) ?? "";
  } finally {
    host.call.close(file);
  }
}
