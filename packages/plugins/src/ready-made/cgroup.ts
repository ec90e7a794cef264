import { definePlugin, type Host, type Plugin } from "@restage/core";
import { CLONE } from "@restage/linux/abi";
import { findHierarchy, readHierarchies } from "../cgroups/hierarchies.ts";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { knownOptions } from "./known-options.ts";

/** Where `cgroup` moves the tree. */
export interface CgroupOptions {
  /**
   * The hierarchies in which the cgroup is. `""` is the unified hierarchy (cgroup v2); those of version 1 have the name of a controller, such as `memory`,
   * or `name=systemd`. Default: the unified hierarchy.
   */
  readonly hierarchies?: readonly string[];
}

/**
 * Restores the whole tree into one cgroup, which must exist, instead of those of the checkpoint. The root task enters the cgroup before it has children or
 * memory, so the cgroup counts everything that the tree uses. The plugin claims the duty `cgroups`: the restore ignores saved cgroups and their settings.
 *
 * @param path from the root of the hierarchy: `/system.slice/web.service`.
 * @example
 * ```ts
 * plugins: [cgroup("/web")]
 * ```
 */
export function cgroup(path: string, options: CgroupOptions = {}): Plugin {
  const { hierarchies = [""] } = knownOptions("cgroup", options, { hierarchies: true });
  const parts = path.split("/").filter(Boolean);
  if (!path.startsWith("/") || parts.includes("..") || parts.includes("."))
    throw new RangeError(`Cannot use the cgroup ${path}: expected its path from the root of the hierarchy, /web`);
  const below = parts.map((part) => `/${part}`).join("");
  return definePlugin({
    name: "cgroup",
    duty: "cgroups",
    stages: {
      ROOT_TASK: "the root task enters the chosen cgroup",
      PREPARE_NAMESPACES: "enters a new cgroup namespace",
    },
    apply({ plan, stages }) {
      let directories: readonly string[] = [];
      let hasNamespace = false;
      plan.tap("cgroup", (plan) => {
        const { host, images, tree } = plan;
        hasNamespace = hasOwnNamespace(images, tree.root, "cgroup");
        const mounted = readHierarchies(host);
        directories = hierarchies.flatMap((name) => {
          const mountPoint = findHierarchy(mounted, name)?.mountPoint;
          if (mountPoint !== undefined) return `${mountPoint}${below}`;
          const what = name === "" ? "the unified hierarchy of cgroups" : `the hierarchy ${name} of cgroups`;
          plan.refuse({ what, why: "it is not mounted here", hint: "mount it", remedy: "machine" });
          return [];
        });
        for (const directory of directories) {
          const obstacle = obstacleIn(host, directory, below === "");
          if (obstacle !== undefined) plan.refuse({ what: `cgroup ${directory}`, ...obstacle, remedy: "machine" });
        }
      });
      stages.ROOT_TASK.leave.tap("cgroup", ({ host, tree }) => {
        for (const directory of directories) host.writeFile(`${directory}/cgroup.procs`, String(tree.root.hostPid));
      });
      stages.PREPARE_NAMESPACES.task.tap("cgroup", (root) => {
        if (hasNamespace) root.call.unshare(CLONE.NEWCGROUP);
      });
    },
  });
}

/** Why no task can enter a cgroup, or would not continue there. Source: cgroups(7); Documentation/admin-guide/cgroup-v2.rst. */
function obstacleIn(host: Host, directory: string, isRoot: boolean): { why: string; hint: string } | undefined {
  if (host.stat(directory) === "missing")
    return { why: "it does not exist", hint: `create it: \`mkdir ${directory}\`` };
  const read = (name: string) => host.readText(`${directory}/${name}`)?.trim() ?? "";
  if (!isRoot && read("cgroup.subtree_control") !== "")
    return { why: "it passes controllers to its children, so it can have no tasks", hint: "name a cgroup below it" };
  const type = read("cgroup.type");
  if (type === "threaded" || type === "domain invalid")
    return { why: `it is ${type}, so no process can enter it`, hint: "name another cgroup" };
  if (/^frozen 1$/m.test(read("cgroup.events")) || /^FRE/.test(read("freezer.state")))
    return { why: "it is frozen, so the tree could not continue", hint: "thaw it" };
  return undefined;
}
