import { definePlugin, type Plugin } from "@restage/core";
import { hasOwnNamespace, NAMESPACE_KINDS, namespaceId } from "../own-namespaces.ts";

/** Kinds of namespaces of which a tree with one of its own can have any number. */
const SEVERAL = ["mount"] as const;

/** Refuses trees whose tasks are in several namespaces of a kind, except the kinds of which several are saved. */
export function nestedNamespaces(): Plugin {
  return definePlugin({
    name: "nested-namespaces",
    duty: "nested-namespaces",
    phases: {
      inspect: "refuses tasks in another namespace than the root task, and those whose children would be in another",
    },
    dump({ phases }) {
      phases.inspect.task.tap("nested-namespaces", (task, context) => {
        const { root } = context.tree;
        const refuse = (why: string) => context.findings.refuse({ what: task.name, why, pid: task.pid });
        for (const kind of NAMESPACE_KINDS) {
          if (SEVERAL.some((other) => other === kind && hasOwnNamespace(context, root, kind))) continue;
          if (namespaceId(task, kind) === namespaceId(root, kind)) continue;
          refuse(`it is in another ${kind} namespace than the root task, and nested ones are not saved yet`);
        }
        for (const kind of ["pid", "time"]) {
          const [own, children] = [kind, `${kind}_for_children`].map((name) =>
            context.host.readLink(`${task.proc}/ns/${name}`),
          );
          if (children === own) continue;
          refuse(`its children would be in another ${kind} namespace (unshare, setns), which is not saved yet`);
        }
      });
    },
  });
}
