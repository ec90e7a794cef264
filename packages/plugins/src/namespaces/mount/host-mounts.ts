import type { Plan, StageContext } from "@restage/core";
import { AT, AT_FDCWD, CLONE, MS, OPEN_TREE } from "@restage/linux/abi";
import { setPropagation } from "./attributes.ts";
import { type FileSystem, hostPathOf, type Part } from "./file-systems.ts";

/** Reserves numbers for the file systems that come from the host. Must be called while planning. */
export function numberHostMounts(
  { options, serviceDescriptors }: Plan,
  parts: Iterable<Part>,
): ReadonlyMap<FileSystem, number> {
  const numbers = new Map<FileSystem, number>();
  for (const { of } of parts) {
    const path = hostPathOf(of, options);
    if (path !== undefined) numbers.set(of, serviceDescriptors.reserve(`mount of ${of.entry.mnt_id} from ${path}`));
  }
  return numbers;
}

/**
 * Clones mounts of the host, in the stub: the directories that lead to them can be closed to the user namespace of the tree. Changes on the host
 * go on reaching the clones, but not the other way.
 */
export function takeHostMounts({ stub, options }: StageContext, numbers: ReadonlyMap<FileSystem, number>): void {
  // A mount can only be cloned with privileges over the mount namespace that it is in.
  if (options.unprivileged && numbers.size > 0) stub.call.unshare(CLONE.NEWNS);
  for (const [fileSystem, number] of numbers) {
    const path = hostPathOf(fileSystem, options) ?? "/";
    const flags = OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC | AT.NO_AUTOMOUNT;
    const mount = stub.call.open_tree(AT_FDCWD, path, flags);
    setPropagation(stub, mount, MS.SLAVE);
    stub.place(mount, number, { cloexec: true });
  }
}
