import type { Plan } from "@restage/core";

/** The id fields of namespaces in an ids image. Time namespaces are not among them: every restore makes a new one. */
const ID_FIELDS = {
  pid: "pid_ns_id",
  net: "net_ns_id",
  ipc: "ipc_ns_id",
  uts: "uts_ns_id",
  mount: "mnt_ns_id",
  user: "user_ns_id",
  cgroup: "cgroup_ns_id",
} as const;

export type NamespaceKind = keyof typeof ID_FIELDS;

export const NAMESPACE_KINDS = Object.keys(ID_FIELDS) as readonly NamespaceKind[];

type Ids = { readonly [Field in (typeof ID_FIELDS)[NamespaceKind]]?: number | undefined };

/** A task, of a checkpoint or of a restore. */
interface WithIds {
  readonly ids: Ids;
}

/** The inventory image: its `root_ids` are the namespaces of the process that made the checkpoint. */
interface WithInventory {
  readonly inventory: { readonly root_ids?: Ids | undefined };
}

/** The number of a task's namespace, which the names of the namespace's images contain. */
export function namespaceId(task: WithIds, kind: NamespaceKind): number | undefined {
  return task.ids[ID_FIELDS[kind]];
}

/** Whether the tree had a namespace of its own at the checkpoint. If so, a restore makes a new one. */
export function hasOwnNamespace(images: WithInventory, root: WithIds, kind: NamespaceKind): boolean {
  const host = images.inventory.root_ids;
  const own = namespaceId(root, kind);
  return host !== undefined && own !== undefined && own !== host[ID_FIELDS[kind]];
}

/** The number of a namespace of the tree's own; undefined when the tree shares that of the process that makes the checkpoint. */
export function ownNamespace(
  context: WithInventory & { readonly tree: { readonly root: WithIds } },
  kind: NamespaceKind,
): number | undefined {
  const { root } = context.tree;
  return hasOwnNamespace(context, root, kind) ? namespaceId(root, kind) : undefined;
}

/** Whether a restore makes a namespace for the tree: it had one of its own, and joins no other (`--join-ns`), for which the content is left out. */
export function makesNamespace({ images, tree, options }: Plan, kind: "ipc" | "uts"): boolean {
  return hasOwnNamespace(images, tree.root, kind) && options.joinNamespaces[kind] === undefined;
}

/** Whether the restored tree shares the network namespace of this process: it has none of its own, and joins none. */
export function sharesNetwork({ images, tree, options }: Plan): boolean {
  return !hasOwnNamespace(images, tree.root, "net") && options.joinNamespaces.net === undefined;
}
