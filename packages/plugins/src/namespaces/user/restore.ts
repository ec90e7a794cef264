import { definePlugin, type Plugin, type ServiceDescriptors } from "@restage/core";
import type { ImageSource, UidGidExtent, UsernsEntry } from "@restage/images";
import { PR } from "@restage/linux/abi";
import { printIdMap } from "./format.ts";
import { readIdMaps } from "./ids-outside.ts";

/**
 * ROOT_TASK: the coordinator writes the id maps of the tree's user namespace, into which the root task was forked. Then the root task becomes root
 * of the namespace, so that an id inside owns what it makes. Requires CAP_SETUID and CAP_SETGID.
 */
export function userNamespace(): Plugin {
  return definePlugin({
    name: "user-namespace",
    duty: "user-namespace",
    stages: { ROOT_TASK: "writes the id maps of the user namespace; the root task becomes its root" },
    apply({ plan, stages }) {
      let maps: UsernsEntry | undefined;
      plan.tap("user-namespace", ({ images, tree, serviceDescriptors }) => {
        maps = readIdMaps(images, tree.root);
        if (maps !== undefined) keepPagesOpen(images.source, serviceDescriptors);
      });
      stages.ROOT_TASK.task.tap("user-namespace", (root, { host }) => {
        if (maps === undefined) return;
        host.writeFile(`/proc/${root.tracee?.tid}/uid_map`, printIdMap(maps.uid_map));
        host.writeFile(`/proc/${root.tracee?.tid}/gid_map`, printIdMap(maps.gid_map));
        const { call } = root;
        call.setgroups(0, []);
        call.setresgid(rootOf(maps.gid_map), rootOf(maps.gid_map), rootOf(maps.gid_map));
        call.setresuid(rootOf(maps.uid_map), rootOf(maps.uid_map), rootOf(maps.uid_map));
        // A change of ids clears it; without it the files in /proc/self belong to an id that the namespace does not map.
        call.prctl(PR.SET_DUMPABLE, 1, 0, 0, 0);
      });
    },
  });
}

/** Opens the page images now: mostly only the host's root can read them, and a task of the namespace is no longer that when it reads its pages. */
function keepPagesOpen(source: ImageSource, descriptors: ServiceDescriptors): void {
  for (let at: ImageSource | undefined = source; at !== undefined; at = at.parent()) {
    for (const name of at.list()) if (/^pages-.*\.img$/.test(name)) descriptors.keepOpen(`${at.directory()}/${name}`);
  }
}

/** The id of root inside: 0, or the first id of a map without 0. */
function rootOf(map: readonly UidGidExtent[]): number {
  return map.some(({ first }) => first === 0) ? 0 : (map[0]?.first ?? 0);
}
