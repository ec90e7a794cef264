import type { ImageSet, Plan, Task } from "@restage/core";

/** The id fields of namespaces in an ids image. Time namespaces are recreated always, and so are not among them. */
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

/** The id that CRIU gave a task's namespace; it names the images of that namespace too. */
export function namespaceId(task: Task, kind: NamespaceKind): number | undefined {
  return task.ids[ID_FIELDS[kind]];
}

/**
 * Had the tree a namespace of its own, another than that of the CRIU which dumped it? Then it gets a new one. Source: the ids of the
 * inventory's root_ids are those of CRIU itself.
 */
export function hasOwnNamespace(images: ImageSet, root: Task, kind: NamespaceKind): boolean {
  const host = images.inventory.root_ids;
  const own = namespaceId(root, kind);
  return host !== undefined && own !== undefined && own !== host[ID_FIELDS[kind]];
}

/** Does the tree come to the network namespace of this process, and not to one of its own, or of others? */
export function sharesNetwork({ images, tree, options }: Plan): boolean {
  return !hasOwnNamespace(images, tree.root, "net") && options.joinNamespaces.net === undefined;
}
