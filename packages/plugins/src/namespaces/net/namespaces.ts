import type { Plan } from "@restage/core";
import { externalNamespace } from "../external-resources.ts";
import { hasOwnNamespace, namespaceId } from "../own-namespaces.ts";

/** A network namespace of the tree. */
export interface NetNamespace {
  /** CRIU's number for it, which the names of its images contain. */
  readonly id: number;
  /** The number of its descriptor in every task during the restore. */
  readonly number: number;
  /** Whether it exists already, and the caller names it. */
  readonly external: boolean;
  /** Whether it gets the links, addresses, routes and rules of the checkpoint: not if it is external, or stays empty (`--empty-ns`). */
  readonly filled: boolean;
}

/**
 * The network namespaces of the tree, that of the root task first; none when the tree shares the host's. One that the tree joins (`--join-ns net:PATH`)
 * is external.
 */
export function findNetNamespaces(plan: Plan): readonly NetNamespace[] {
  const { images, tree, survivors, options } = plan;
  if (!hasOwnNamespace(images, tree.root, "net")) return [];
  const ids = new Set([tree.root, ...survivors].map((task) => namespaceId(task, "net") ?? 0));
  return [...ids].map((id) => {
    const key = images.optional("netns", id)?.ext_key ?? "";
    const joined = id === namespaceId(tree.root, "net") ? options.joinNamespaces.net : undefined;
    const path = joined ?? (key === "" ? undefined : externalNamespace(plan, "net", key));
    const external = path !== undefined;
    const number = external
      ? plan.serviceDescriptors.keepOpen(path)
      : plan.serviceDescriptors.reserve(`network namespace ${id}`);
    return { id, number, external, filled: !external && !options.emptyNamespaces.includes("net") };
  });
}
