import {
  type DumpContext,
  definePlugin,
  type Host,
  type Plugin,
  type SeizedTask,
  type SeizedThread,
} from "@restage/core";
import type { CgControllerEntry, CgMemberEntry, CgroupDirEntry, CgroupPerms, CgSetEntry } from "@restage/images";
import { S_IF } from "@restage/linux/abi";
import { ownNamespace } from "../namespaces/own-namespaces.ts";
import { controllersOf, parseMembers, prefixOf, settingFrom, settingsOf } from "./format.ts";
import { findHierarchy, type Hierarchy, readHierarchies } from "./hierarchies.ts";

/** The cgroups of this process. A restore leaves tasks that shared them in its own. */
const OWN_SET = 1;

/** Saves the cgroups of tasks and threads, with their settings and owners. */
export function cgroups(): Plugin {
  return definePlugin({
    name: "cgroups",
    duty: "cgroups",
    phases: {
      inspect: "finds the cgroups of every task and thread",
      collect: "saves the settings of the cgroups, and of those below them",
    },
    dump({ phases }) {
      let found: Found | undefined;
      phases.inspect.tree.tap("cgroups", (_tree, context) => {
        found = context.options.manageCgroups === "ignore" ? undefined : findCgroups(context);
      });
      phases.collect.tree.tap("cgroups", (_tree, { images, host }) => {
        if (found === undefined) return;
        const { sets, hierarchies } = found;
        const controllers = hierarchies.map((hierarchy) => controllerOf(host, hierarchy, sets));
        images.add("cgroup", undefined, { value: { sets, controllers } });
      });
    },
  });
}

interface Found {
  readonly sets: readonly CgSetEntry[];
  readonly hierarchies: readonly Hierarchy[];
}

/** The cgroups of all threads; undefined when they are those of this process, and not in a namespace. */
function findCgroups(context: DumpContext): Found | undefined {
  const { host, tree, inventory } = context;
  const own = host.readText("/proc/self/cgroup", "utf8");
  if (own === undefined) return undefined;
  inventory.root_cg_set = OWN_SET;
  const isNamespaced = ownNamespace(context, "cgroup") !== undefined;
  // A namespace has its root in the cgroups of the images, so that these are saved even if they are those of this process.
  const ids = new Map(isNamespaced ? [] : [[own, OWN_SET]]);
  const sets: CgSetEntry[] = [];
  let hierarchies: readonly Hierarchy[] | undefined;
  for (const task of tree.alive) {
    for (const thread of task.threads) {
      const text = host.readText(`${thread.proc}/cgroup`, "utf8") ?? own;
      let id = ids.get(text);
      if (id === undefined) {
        id = OWN_SET + sets.length + 1;
        ids.set(text, id);
        hierarchies ??= readHierarchies(host);
        const inner = isNamespaced ? seenFromInside(host, tree.root, thread) : undefined;
        sets.push({ id, ctls: membersOf(context, thread, text, inner, hierarchies) });
      }
      thread.core.cg_set = id;
    }
  }
  return hierarchies === undefined ? undefined : { sets, hierarchies };
}

/** The cgroups of a thread as the tree's cgroup namespace shows them. */
function seenFromInside(host: Host, root: SeizedTask, thread: SeizedThread): string | undefined {
  return host.inside(`${root.proc}/ns/cgroup`, "cgroup", () => host.readText(`${thread.proc}/cgroup`, "utf8"));
}

function membersOf(
  { findings }: DumpContext,
  thread: SeizedThread,
  outside: string,
  inside: string | undefined,
  hierarchies: readonly Hierarchy[],
): readonly CgMemberEntry[] {
  const { name: what, task } = thread;
  const inner = new Map(parseMembers(inside ?? "").map(({ name, path }) => [name, path]));
  return parseMembers(outside).flatMap(({ name, path }): readonly CgMemberEntry[] => {
    if (findHierarchy(hierarchies, name) === undefined) {
      const why = `its cgroup ${path} is not saved, because the hierarchy of ${name || "version 2"} is not mounted`;
      if (path !== "/") findings.warn({ what, why, pid: task.pid });
      return [];
    }
    const prefix = prefixOf(path, inner.get(name) ?? path);
    if (prefix === undefined) {
      const why = `its cgroup ${path} is not below the root of its cgroup namespace`;
      findings.refuse({ what, why, pid: task.pid });
    }
    return [{ name, path, ...(prefix ? { cgns_prefix: prefix } : {}) }];
  });
}

/** A hierarchy with the cgroups of the tree. A task in the root of a hierarchy does not make all cgroups of this machine part of it. */
function controllerOf(host: Host, hierarchy: Hierarchy, sets: readonly CgSetEntry[]): CgControllerEntry {
  const members = sets.flatMap(({ ctls }) => ctls);
  const paths = members
    .filter(({ name, path }) => path !== "/" && findHierarchy([hierarchy], name) !== undefined)
    .map(({ path }) => path);
  const top = [...new Set(paths)].filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
  const named = members.find(({ name }) => findHierarchy([hierarchy], name) !== undefined)?.name;
  const cnames = named === undefined ? hierarchy.names : controllersOf(named);
  const dirs = top.map((path) => directoryOf(host, hierarchy.mountPoint, path.slice(1), settingsOf(cnames)));
  return { cnames, dirs, is_threaded: !cnames.includes("") || dirs.some(isThreaded) };
}

function isThreaded({ properties, children }: CgroupDirEntry): boolean {
  return (
    properties.some(({ name, value }) => name === "cgroup.type" && value === "threaded") || children.some(isThreaded)
  );
}

/** A cgroup and those below it. @param dir_name its path from the one above, or from the root of the hierarchy. */
function directoryOf(host: Host, above: string, dir_name: string, settings: readonly string[]): CgroupDirEntry {
  const path = `${above}/${dir_name}`;
  const children = (host.list(path) ?? [])
    .filter((entry) => isDirectory(host, `${path}/${entry}`))
    .map((entry) => directoryOf(host, path, entry, settings));
  const properties = settings.flatMap((name) => {
    const text = host.readText(`${path}/${name}`);
    return text === undefined
      ? []
      : { name, value: settingFrom(name, text), ...permsOf(host, `${path}/${name}`, "perms") };
  });
  return { dir_name, children, properties, ...permsOf(host, path, "dir_perms") };
}

function isDirectory(host: Host, path: string): boolean {
  return ((host.inode(path)?.mode ?? 0) & S_IF.MT) === S_IF.DIR;
}

function permsOf<K extends string>(host: Host, path: string, key: K): { readonly [k in K]?: CgroupPerms } {
  const inode = host.inode(path);
  if (inode === undefined) return {};
  const { mode, uid, gid } = inode;
  return { [key]: { mode, uid, gid } } as { readonly [k in K]: CgroupPerms };
}
