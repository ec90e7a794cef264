import { type DumpContext, defineService } from "@restage/core";
import type { UidGidExtent } from "@restage/images";
import { idInside, idOutside } from "./format.ts";

/** The overflow id, which stands in for ids that the namespace does not map, unless it was changed. Source: user_namespaces(7). */
const NOBODY = 65534;

/** Translates ids of this process to those of the tree's own user namespace, which images contain. */
export class IdsInside {
  readonly #uids: readonly UidGidExtent[];
  readonly #gids: readonly UidGidExtent[];

  constructor(uids: readonly UidGidExtent[], gids: readonly UidGidExtent[]) {
    this.#uids = uids;
    this.#gids = gids;
  }

  uid(id: number): number {
    return idInside(this.#uids, id) ?? NOBODY;
  }
  gid(id: number): number {
    return idInside(this.#gids, id) ?? NOBODY;
  }
  /** Whether both have numbers inside. */
  has({ uid, gid }: { readonly uid: number; readonly gid: number }): boolean {
    return idInside(this.#uids, uid) !== undefined && idInside(this.#gids, gid) !== undefined;
  }
  /** The user that is 0 inside; undefined when the namespace maps no 0. */
  get root(): number | undefined {
    return idOutside(this.#uids, 0);
  }
  /** The user and the group that are 0 inside; 0 outside too when the namespace maps no 0. */
  get owner(): { readonly uid: number; readonly gid: number } {
    return { uid: this.root ?? 0, gid: idOutside(this.#gids, 0) ?? 0 };
  }
}

/** Translates ids; provided by the duty `user-namespace`. */
export const UserIds = defineService<(context: DumpContext) => IdsInside>("user-ids");

/** Translates users and groups to those of the tree's own user namespace. */
export function idsInside(context: DumpContext): IdsInside {
  return context.service(UserIds)(context);
}
