import { definePlugin, type Plugin } from "../plugin/plugin.ts";

const SHARED = ["vm_id", "fs_id", "sighand_id"] as const;
const NAMESPACES = [
  "pid_ns_id",
  "net_ns_id",
  "ipc_ns_id",
  "uts_ns_id",
  "mnt_ns_id",
  "user_ns_id",
  "cgroup_ns_id",
] as const;

/**
 * The least that a tree needs to pass all phases: tasks get object ids, in the coordinator's namespaces, and their descriptors are inspected. These
 * plugins claim the duties of the defaults, so a plugin under test with one of these duties replaces them.
 */
export function dumpScaffold(): readonly Plugin[] {
  return [
    definePlugin({
      name: "scaffold-object-ids",
      duty: "object-ids",
      dump({ phases }) {
        phases.inspect.tree.tap("object-ids", ({ alive }, { inventory }) => {
          const namespaces = Object.fromEntries(NAMESPACES.map((name, index) => [name, index + 1]));
          inventory.root_ids = { vm_id: 0, files_id: 0, fs_id: 0, sighand_id: 0, ...namespaces };
          alive.forEach((task, index) => {
            const own = Object.fromEntries(SHARED.map((name) => [name, index + 1]));
            task.ids = { files_id: index + 1, ...own, ...namespaces };
          });
        });
      },
    }),
    definePlugin({
      name: "scaffold-descriptors",
      duty: "descriptors",
      dump({ phases }) {
        phases.inspect.task.tap("descriptors", (task, { files }) => files.addDescriptors(task));
      },
    }),
  ];
}
