import { type DumpContext, definePlugin, type Plugin } from "@restage/core";

/** What each kind of namespace is called in the ids of a task. */
const IDS = {
  pid: "pid_ns_id",
  net: "net_ns_id",
  ipc: "ipc_ns_id",
  uts: "uts_ns_id",
  mnt: "mnt_ns_id",
  user: "user_ns_id",
  cgroup: "cgroup_ns_id",
} as const;

export type NamespaceKind = keyof typeof IDS;

/** The number that images give to a namespace of the tree's own; undefined when the tree is in that of this process. */
export function ownNamespace({ tree: { root }, inventory }: DumpContext, kind: NamespaceKind): number | undefined {
  const id = root.ids[IDS[kind]];
  return id === inventory.root_ids?.[IDS[kind]] ? undefined : id;
}

/** Refuses trees whose tasks are in several namespaces of a kind, and cgroup namespaces. */
export function nestedNamespaces(): Plugin {
  return definePlugin({
    name: "nested-namespaces",
    duty: "nested-namespaces",
    dump({ phases }) {
      phases.inspect.task.tap("nested-namespaces", (task, context) => {
        const {
          tree: { root },
          findings,
        } = context;
        for (const [kind, id] of Object.entries(IDS)) {
          if (task.ids[id] === root.ids[id]) continue;
          const why = `it is in another ${kind} namespace than the root of the tree: such a tree is not saved yet`;
          findings.refuse({ what: task.name, why, pid: task.pid });
        }
        if (task !== root || ownNamespace(context, "cgroup") === undefined) return;
        findings.refuse({ what: task.name, why: "cgroup namespaces are not saved yet", pid: task.pid });
      });
    },
  });
}
