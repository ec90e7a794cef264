import type { Plan } from "@restage/core";
import { externalNamespace } from "../external-namespaces.ts";
import { hasOwnNamespace, namespaceId } from "../own-namespaces.ts";

/** A network namespace of the tree. */
export interface NetNamespace {
  /** CRIU's number for it, which the names of its images have. */
  readonly id: number;
  /** Number of its descriptor in every task during the restore. */
  readonly number: number;
  /** Is it one that is there already, which the caller names? */
  readonly external: boolean;
  /** Are its links, addresses, routes and rules those of the checkpoint? Not if it is external, or is to be empty (`--empty-ns`). */
  readonly filled: boolean;
}

/** All that the tree has, that of the root task first; none when the tree is in the host's. */
export function findNetNamespaces(plan: Plan): readonly NetNamespace[] {
  const { images, tree, survivors, options } = plan;
  if (!hasOwnNamespace(images, tree.root, "net")) return [];
  const ids = new Set([tree.root, ...survivors].map((task) => namespaceId(task, "net") ?? 0));
  return [...ids].map((id) => {
    const key = images.optional("netns", id)?.ext_key ?? "";
    const external = key !== "";
    const number = external
      ? plan.serviceDescriptors.keepOpen(externalNamespace(plan, "net", key))
      : plan.serviceDescriptors.reserve(`network namespace ${id}`);
    return { id, number, external, filled: !external && !options.emptyNamespaces.includes("net") };
  });
}
