import { definePlugin, type Host, type ImageSet, type Plugin, type ServiceDescriptors, type Task } from "@restage/core";
import type { ImageSource, UidGidExtent, UsernsEntry } from "@restage/images";
import { PR } from "@restage/linux/abi";
import { hasOwnNamespace, namespaceId } from "../own-namespaces.ts";

/**
 * ROOT_TASK: the id maps of the tree's user namespace, which the root task was forked into. They are written from outside; then the root task becomes
 * the namespace's own root, so that what it makes belongs to somebody there. Requires CAP_SETUID and CAP_SETGID.
 */
export function userNamespace(): Plugin {
  return definePlugin({
    name: "user-namespace",
    duty: "user-namespace",
    stages: { ROOT_TASK: "id maps of the user namespace; the root task becomes its root" },
    apply({ plan, stages }) {
      let maps: UsernsEntry | undefined;
      let host: Host | undefined;
      plan.tap("user-namespace", ({ images, tree, serviceDescriptors }) => {
        maps = readMaps(images, tree.root);
        if (maps !== undefined) keepPagesOpen(images.source, serviceDescriptors);
      });
      stages.ROOT_TASK.enter.tap("user-namespace", (context) => {
        host = context.host;
      });
      stages.ROOT_TASK.task.tap("user-namespace", (root) => {
        if (maps === undefined || host === undefined) return;
        host.writeFile(`/proc/${root.tracee?.tid}/uid_map`, mapLines(maps.uid_map));
        host.writeFile(`/proc/${root.tracee?.tid}/gid_map`, mapLines(maps.gid_map));
        const { call } = root;
        call.setgroups(0, []);
        call.setresgid(rootOf(maps.gid_map), rootOf(maps.gid_map), rootOf(maps.gid_map));
        call.setresuid(rootOf(maps.uid_map), rootOf(maps.uid_map), rootOf(maps.uid_map));
        // Changed ids clear it, and files of /proc/self would be nobody's that this namespace knows.
        call.prctl(PR.SET_DUMPABLE, 1, 0, 0, 0);
      });
    },
  });
}

function readMaps(images: ImageSet, root: Task): UsernsEntry | undefined {
  if (!hasOwnNamespace(images, root, "user")) return undefined;
  return images.value("userns", namespaceId(root, "user") ?? 0);
}

/** The images are mostly readable for the host's root alone, whom a task of the namespace is not any more when it reads its pages. */
function keepPagesOpen(source: ImageSource, descriptors: ServiceDescriptors): void {
  for (let at: ImageSource | undefined = source; at !== undefined; at = at.parent()) {
    for (const name of at.list()) if (/^pages-.*\.img$/.test(name)) descriptors.keepOpen(`${at.directory()}/${name}`);
  }
}

/** What ids of the tree's user namespace are for this process. */
export interface IdsOutside {
  uid(id: number): number;
  gid(id: number): number;
}

/** The ids of the tree as they are outside: the same, when it has no user namespace of its own. */
export function idsOutside(images: ImageSet, root: Task): IdsOutside {
  const maps = readMaps(images, root);
  const through = (map: readonly UidGidExtent[] | undefined) => (id: number) => {
    const extent = map?.find(({ first, count }) => first <= id && id < first + count);
    return extent === undefined ? id : extent.lower_first + id - extent.first;
  };
  return { uid: through(maps?.uid_map), gid: through(maps?.gid_map) };
}

/** Who is root inside: 0, or the first id of a map that has no 0. */
function rootOf(map: readonly UidGidExtent[]): number {
  return map.some(({ first }) => first === 0) ? 0 : (map[0]?.first ?? 0);
}

/** Lines `INSIDE OUTSIDE COUNT`. Source: user_namespaces(7). */
function mapLines(map: readonly UidGidExtent[]): string {
  return map.map(({ first, lower_first, count }) => `${first} ${lower_first} ${count}\n`).join("");
}
