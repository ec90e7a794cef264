import type { ImageSet, Task } from "@restage/core";
import type { UidGidExtent, UsernsEntry } from "@restage/images";
import { hasOwnNamespace, namespaceId } from "../own-namespaces.ts";
import { idOutside } from "./format.ts";

/** Translates ids of the tree's own user namespace to those of this process. */
export interface IdsOutside {
  uid(id: number): number;
  gid(id: number): number;
  readonly root: { readonly uid: number; readonly gid: number };
}

/** Returns every id unchanged when the tree has no user namespace of its own. */
export function idsOutside(images: ImageSet, root: Task): IdsOutside {
  const maps = readIdMaps(images, root);
  const through = (map: readonly UidGidExtent[] = []) => {
    return (id: number) => idOutside(map, id) ?? id;
  };
  const [uid, gid] = [through(maps?.uid_map), through(maps?.gid_map)];
  return { uid, gid, root: { uid: uid(0), gid: gid(0) } };
}

/** The id maps of the tree's own user namespace; undefined when it has none. */
export function readIdMaps(images: ImageSet, root: Task): UsernsEntry | undefined {
  if (!hasOwnNamespace(images, root, "user")) return undefined;
  return images.value("userns", namespaceId(root, "user") ?? 0);
}
