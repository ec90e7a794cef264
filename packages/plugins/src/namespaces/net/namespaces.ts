import type { Plan } from "@restage/core";
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
  const { checkpoint, tree, survivors, options } = plan;
  if (!hasOwnNamespace(checkpoint, tree.root, "net")) return [];
  const ids = new Set([tree.root, ...survivors].map((task) => namespaceId(task, "net") ?? 0));
  return [...ids].map((id) => {
    const key = checkpoint.optional("netns", id)?.ext_key ?? "";
    const external = key !== "";
    const number = external
      ? plan.serviceDescriptors.keepOpen(externalPath(plan, key))
      : plan.serviceDescriptors.reserve(`network namespace ${id}`);
    return { id, number, external, filled: !external && !options.emptyNamespaces.includes("net") };
  });
}

/** What takes the place of a namespace that was external at the checkpoint: a descriptor of the caller's, or a path. */
function externalPath(plan: Plan, key: string): string {
  const { inheritFd, external } = plan.options;
  const descriptor = inheritFd[key];
  if (descriptor !== undefined) return `/proc/${plan.host.call.getpid().result}/fd/${descriptor}`;
  const prefix = `net[${key}]:`;
  const path = external.find((resource) => resource.startsWith(prefix))?.slice(prefix.length);
  if (path === undefined) {
    plan.refuse({
      what: `network namespace ${key}`,
      why: "it was external at the checkpoint, and nobody says what takes its place",
      hint: `hand over a descriptor, --inherit-fd 'fd[N]:${key}', or name a path, --external 'net[${key}]:PATH'`,
    });
  } else if (plan.host.stat(path) === "missing") {
    plan.refuse({ what: `network namespace ${key}`, why: `${path} is not there` });
  }
  return path ?? "/proc/self/ns/net";
}
