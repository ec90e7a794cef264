import { definePlugin, type Plan, type Plugin } from "@restage/core";
import { hasOwnNamespace, NAMESPACE_KINDS, namespaceId } from "./namespaces/own-namespaces.ts";

/**
 * Refuses, by name, what no plugin restores yet: nothing is skipped silently. An item leaves this file when a plugin takes its duty.
 */
export function unsupported(): Plugin {
  return definePlugin({
    name: "unsupported",
    duty: "unsupported",
    apply({ plan }) {
      plan.tap("unsupported", (plan) => {
        checkTree(plan);
        checkNamespaces(plan);
      });
    },
  });
}

function checkTree(plan: Plan): void {
  const { root } = plan.tree;
  if (root.kind === "zombie") plan.refuse({ what: root.name, why: "the root task is a zombie", pid: root.pid });
}

function checkNamespaces(plan: Plan): void {
  // A namespace that only a part of the tree is in is nobody's duty yet, but for two kinds; of those below the host's CRIU saves nothing.
  const several = (["net", "mount"] as const).filter((kind) => hasOwnNamespace(plan.images, plan.tree.root, kind));
  for (const task of plan.survivors) {
    for (const kind of NAMESPACE_KINDS) {
      if (several.some((other) => other === kind)) continue;
      if (namespaceId(task, kind) === namespaceId(plan.tree.root, kind)) continue;
      const why = `it is in another ${kind} namespace than the root task: nested ones are not restored yet`;
      plan.refuse({ what: task.name, why, pid: task.pid });
    }
  }
}
