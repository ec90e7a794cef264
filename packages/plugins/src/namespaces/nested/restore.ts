import { definePlugin, type Plugin } from "@restage/core";
import { hasOwnNamespace, NAMESPACE_KINDS, namespaceId } from "../own-namespaces.ts";

/** Kinds of namespaces of which a tree with one of its own can have any number. */
const SEVERAL = ["net", "mount"] as const;

/** Refuses trees whose tasks are in several namespaces of a kind, except the kinds for which a restore makes several. */
export function nestedNamespaces(): Plugin {
  return definePlugin({
    name: "nested-namespaces",
    duty: "nested-namespaces",
    apply({ plan }) {
      plan.tap("nested-namespaces", (plan) => {
        const { root } = plan.tree;
        // CRIU saves no content of namespaces in a tree whose root task is in the host's.
        const several = SEVERAL.filter((kind) => hasOwnNamespace(plan.images, root, kind));
        for (const task of plan.survivors) {
          for (const kind of NAMESPACE_KINDS) {
            if (several.some((other) => other === kind)) continue;
            if (namespaceId(task, kind) === namespaceId(root, kind)) continue;
            const why = `it is in another ${kind} namespace than the root task, and nested ones are not restored yet`;
            plan.refuse({ what: task.name, why, pid: task.pid });
          }
        }
      });
    },
  });
}
