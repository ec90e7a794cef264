import { definePlugin, type Plan, type RestorePlugin } from "@restage/core";
import { hasOwnNamespace, NAMESPACE_KINDS, type NamespaceKind, namespaceId } from "./namespaces/own-namespaces.ts";

/**
 * Refuses, by name, what no plugin restores yet: nothing is skipped silently. An item leaves this file when a plugin takes its duty.
 */
export function unsupported(): RestorePlugin {
  return definePlugin({
    name: "unsupported",
    duty: "unsupported",
    apply({ plan }) {
      plan.tap("unsupported", (plan) => {
        checkTree(plan);
        checkNamespaces(plan);
        const cgroups = "cgroup.img";
        if ((plan.source.size(cgroups) ?? 0) > 12)
          plan.refuse({ what: cgroups, why: "its contents are not restored yet" });
      });
    },
  });
}

function checkTree(plan: Plan): void {
  const { root } = plan.tree;
  if (root.kind === "zombie") plan.refuse({ what: root.name, why: "the root task is a zombie", pid: root.pid });
  if (root.sid !== root.pid || root.pgid !== root.pid) {
    plan.refuse({
      what: root.name,
      why: `it is no leader of session (${root.sid}) and group (${root.pgid}): that of a shell is not taken over yet`,
      pid: root.pid,
    });
  }
}

/** Kinds of namespace that no plugin restores yet. */
const UNSUPPORTED: readonly NamespaceKind[] = ["cgroup"];

function checkNamespaces(plan: Plan): void {
  for (const kind of UNSUPPORTED) {
    if (hasOwnNamespace(plan.checkpoint, plan.tree.root, kind)) {
      plan.refuse({ what: `the ${kind} namespace of the tree`, why: "it is not restored yet" });
    }
  }
  // A namespace that only a part of the tree is in is nobody's duty yet.
  for (const task of plan.survivors) {
    for (const kind of NAMESPACE_KINDS) {
      if (namespaceId(task, kind) === namespaceId(plan.tree.root, kind)) continue;
      const why = `it is in another ${kind} namespace than the root task: nested ones are not restored yet`;
      plan.refuse({ what: task.name, why, pid: task.pid });
    }
  }
}
