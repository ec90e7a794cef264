import type { DumpContext } from "@restage/core";
import { idsInside } from "../namespaces/user/ids-inside.ts";

/** User and group that own a file, as the tree's user namespace numbers them. @param path in /proc. */
export function inodeOwner(path: string, context: DumpContext): { readonly uid: number; readonly gid: number } {
  const ids = idsInside(context);
  const { uid = 0, gid = 0 } = context.host.inode(path) ?? {};
  return { uid: ids.uid(uid), gid: ids.gid(gid) };
}
