import { AT_FDCWD, O } from "@restage/linux/abi";
import type { OpenFile } from "../../files/open-file.ts";
import type { FrozenTree } from "../../tree/frozen-tree.ts";
import { ownNamespace } from "../own-namespaces.ts";

const MOUNT = /^mnt_id:\s*(\d+)/m;

/** The mount by which a file was opened, in a tree with mounts of its own; nothing in another one. */
export function mountOf({ proc, info }: OpenFile, tree: FrozenTree): { readonly mnt_id?: number } {
  if (ownNamespace(tree, "mnt") === undefined) return {};
  const id = MOUNT.exec(info === "" ? infoOf(proc, tree) : info)?.[1];
  return id === undefined ? {} : { mnt_id: Number(id) };
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
