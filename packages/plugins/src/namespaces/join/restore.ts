import { definePlugin, type Plan, type Plugin } from "@restage/core";
import { JOINED_NAMESPACES } from "@restage/core/internal";
import { CLONE } from "@restage/linux/abi";
import { hasOwnNamespace } from "../own-namespaces.ts";

const FLAGS = { net: CLONE.NEWNET, ipc: CLONE.NEWIPC, uts: CLONE.NEWUTS, time: CLONE.NEWTIME } as const;

/**
 * PREPARE_NAMESPACES: the root task enters existing namespaces (`joinNamespaces`, CRIU's --join-ns), and all tasks that it forks are in them.
 *
 * Requires CAP_SYS_ADMIN in the user namespaces that own them.
 */
export function joinNamespaces(): Plugin {
  return definePlugin({
    name: "join-namespaces",
    duty: "join-namespaces",
    stages: { PREPARE_NAMESPACES: "the root task enters existing namespaces (--join-ns)" },
    apply({ plan, stages }) {
      let joined: readonly { readonly number: number; readonly flag: number }[] = [];
      plan.tap("join-namespaces", (plan) => {
        joined = findJoined(plan);
      });
      stages.PREPARE_NAMESPACES.task.tap("join-namespaces", (root) => {
        for (const { number, flag } of joined) root.call.setns(number, flag);
      });
    },
  });
}

function findJoined(plan: Plan) {
  return JOINED_NAMESPACES.flatMap((kind) => {
    const path = plan.options.joinNamespaces[kind];
    if (path === undefined) return [];
    const what = `${kind} namespace ${path}`;
    if (plan.host.stat(path) === "missing") plan.refuse({ what, why: "it does not exist" });
    // A new time namespace only makes the clocks continue, so the tree can do without it.
    if (kind !== "time" && hasOwnNamespace(plan.images, plan.tree.root, kind))
      plan.refuse({ what, why: "the tree cannot join it: it has one of its own, with content" });
    return [{ number: plan.serviceDescriptors.keepOpen(path), flag: FLAGS[kind] }];
  });
}
