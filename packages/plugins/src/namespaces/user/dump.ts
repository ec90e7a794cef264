import { readFileSync } from "node:fs";
import type { UidGidExtent } from "@restage/images";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";
import { ownNamespace } from "../nested/dump.ts";

/** The id maps of a tree with a user namespace of its own. */
export function userNamespace(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "user-namespace",
    duty: "user-namespace",
    saves: [
      {
        group: "namespaces",
        what: "user namespaces",
        saved: "id maps",
        shownBy: ["fixture userns"],
      },
    ],
    apply({ write }) {
      write.tree.tap("user-namespace", (tree) => {
        const id = ownNamespace(tree, "user");
        if (id === undefined) return;
        const { proc } = tree.root;
        const value = { uid_map: readMap(`${proc}/uid_map`), gid_map: readMap(`${proc}/gid_map`) };
        tree.images.add("userns", id, { value });
      });
    },
  });
}

/** Ids of this process's user namespace as the tree's own has them; images hold those. */
export class IdsInside {
  readonly #uids: readonly UidGidExtent[];
  readonly #gids: readonly UidGidExtent[];

  /** @param proc directory of a task in /proc. */
  constructor(proc: string) {
    this.#uids = readMap(`${proc}/uid_map`);
    this.#gids = readMap(`${proc}/gid_map`);
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
function readMap(path: string): readonly UidGidExtent[] {
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const [first = 0, lower_first = 0, count = 0] = line.trim().split(/\s+/).map(Number);
      return { first, lower_first, count };
    });
}
