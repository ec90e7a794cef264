import { definePlugin, type Plugin } from "@restage/core";
import { ownNamespace } from "../nested/dump.ts";
import { IdsInside, readIdMap, UserIds } from "./ids-inside.ts";

/** The id maps of a tree with a user namespace of its own, and the translation of ids for the other duties. */
export function userNamespace(): Plugin {
  return definePlugin({
    name: "user-namespace",
    duty: "user-namespace",
    provides: [UserIds],
    dump({ phases, imageOwner, provide }) {
      let ids: IdsInside | undefined;
      provide(UserIds, ({ host, tree }) => (ids ??= new IdsInside(host, tree.root.proc)));
      phases.write.tree.tap("user-namespace", ({ root }, context) => {
        const id = ownNamespace(context, "user");
        if (id === undefined) return;
        const read = (name: string) => readIdMap(context.host, `${root.proc}/${name}`);
        context.images.add("userns", id, { value: { uid_map: read("uid_map"), gid_map: read("gid_map") } });
      });
      // A restore of such a tree reads the images as the root of its user namespace.
      imageOwner.tap("user-namespace", (context) => {
        return ownNamespace(context, "user") === undefined ? undefined : context.service(UserIds)(context).root;
      });
    },
  });
}
