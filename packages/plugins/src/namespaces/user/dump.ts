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
    phases: {
      inspect: "refuses user namespaces without id maps",
      write: "saves the id maps of the user namespace",
    },
    dump({ phases, imageOwner, provide }) {
      let ids: IdsInside | undefined;
      provide(UserIds, ({ host, tree: { root } }) => {
        ids ??= new IdsInside(readIdMap(host, `${root.proc}/uid_map`), readIdMap(host, `${root.proc}/gid_map`));
        return ids;
      });
      phases.inspect.tree.tap("user-namespace", ({ root }, context) => {
        if (ownNamespace(context, "user") === undefined) return;
        for (const map of ["uid_map", "gid_map"]) {
          if (readIdMap(context.host, `${root.proc}/${map}`).length > 0) continue;
          const why = `its user namespace has no ${map}, and no task can have ids without it`;
          const hint = `write the map first: /proc/${root.hostPid}/${map}`;
          context.findings.refuse({ what: root.name, why, hint, pid: root.pid });
        }
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
