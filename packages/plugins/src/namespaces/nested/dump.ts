import { definePlugin, type Plugin } from "@restage/core";
import { NAMESPACE_KINDS, namespaceId } from "../own-namespaces.ts";

/** Refuses trees whose tasks are in several namespaces of a kind. */
export function nestedNamespaces(): Plugin {
  return definePlugin({
    name: "nested-namespaces",
    duty: "nested-namespaces",
    phases: { inspect: "refuses tasks in another namespace than the root task" },
    dump({ phases }) {
      phases.inspect.task.tap("nested-namespaces", (task, context) => {
        const { root } = context.tree;
        const refuse = (why: string) => context.findings.refuse({ what: task.name, why, pid: task.pid });
        for (const kind of NAMESPACE_KINDS) {
          if (namespaceId(task, kind) === namespaceId(root, kind)) continue;
          refuse(`it is in another ${kind} namespace than the root task, and nested ones are not saved yet`);
        }
      });
    },
  });
}
