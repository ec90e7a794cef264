import { definePlugin, type Host, type Plugin } from "@restage/core";
import { ownNamespace } from "../own-namespaces.ts";
import { parseIdMap } from "./format.ts";
import { IdsInside, UserIds } from "./ids-inside.ts";

/** Saves the id maps of a tree with a user namespace of its own, and translates ids for the other duties. */
export function userNamespace(): Plugin {
  return definePlugin({
    name: "user-namespace",
    duty: "user-namespace",
    provides: [UserIds],
    phases: { write: "saves the id maps of the user namespace" },
    dump({ phases, imageOwner, provide }) {
      let ids: IdsInside | undefined;
      provide(UserIds, ({ host, tree: { root } }) => {
        ids ??= new IdsInside(readIdMap(host, `${root.proc}/uid_map`), readIdMap(host, `${root.proc}/gid_map`));
        return ids;
      });
      phases.write.tree.tap("user-namespace", ({ root }, context) => {
        const id = ownNamespace(context, "user");
        if (id === undefined) return;
        const uid_map = readIdMap(context.host, `${root.proc}/uid_map`);
        const gid_map = readIdMap(context.host, `${root.proc}/gid_map`);
        context.images.add("userns", id, { value: { uid_map, gid_map } });
      });
      // A restore reads the images as root of the tree's user namespace. Before that is mapped, CRIU's still has the group that made them.
      imageOwner.tap("user-namespace", (context) => {
        return ownNamespace(context, "user") === undefined ? undefined : context.service(UserIds)(context).root;
      });
    },
  });
}

function readIdMap(host: Host, path: string) {
  return parseIdMap(host.readText(path) ?? "");
}
