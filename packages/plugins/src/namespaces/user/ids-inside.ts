import { type DumpContext, defineService, type Host } from "@restage/core";
import type { UidGidExtent } from "@restage/images";

/** Ids of this process's user namespace as the tree's own has them; images hold those. */
export class IdsInside {
  readonly #uids: readonly UidGidExtent[];
  readonly #gids: readonly UidGidExtent[];

  /** @param proc directory of a task in /proc. */
  constructor(host: Host, proc: string) {
    this.#uids = readIdMap(host, `${proc}/uid_map`);
    this.#gids = readIdMap(host, `${proc}/gid_map`);
  }

  uid(id: number): number {
    return inside(this.#uids, id);
  }
  gid(id: number): number {
    return inside(this.#gids, id);
  }
  /** Who is root inside; undefined when nobody is. */
  get root(): { readonly uid: number; readonly gid: number } | undefined {
    const [uid, gid] = [outside(this.#uids, 0), outside(this.#gids, 0)];
    return uid === undefined || gid === undefined ? undefined : { uid, gid };
  }
}

/** Who has no id inside is the overflow id there: 65534 unless somebody changed it. Source: user_namespaces(7). */
const NOBODY = 65534;

function inside(map: readonly UidGidExtent[], id: number): number {
  const extent = map.find(({ lower_first, count }) => lower_first <= id && id < lower_first + count);
  return extent === undefined ? NOBODY : extent.first + id - extent.lower_first;
}

function outside(map: readonly UidGidExtent[], id: number): number | undefined {
  const extent = map.find(({ first, count }) => first <= id && id < first + count);
  return extent === undefined ? undefined : extent.lower_first + id - extent.first;
}

/** Lines `INSIDE OUTSIDE COUNT`, where outside is the reader's. Source: user_namespaces(7). */
export function readIdMap(host: Host, path: string): readonly UidGidExtent[] {
  return (host.readText(path) ?? "")
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [first = 0, lower_first = 0, count = 0] = line.trim().split(/\s+/).map(Number);
      return { first, lower_first, count };
    });
}

/** Translates ids; provided by the duty `user-namespace`. */
export const UserIds = defineService<(context: DumpContext) => IdsInside>("user-ids");

/** Users and groups as the tree's own user namespace has them. */
export function idsInside(context: DumpContext): IdsInside {
  return context.service(UserIds)(context);
}
