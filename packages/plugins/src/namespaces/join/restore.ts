import { definePlugin, type Plan, type Plugin } from "@restage/core";
import { JOINED_NAMESPACES } from "@restage/core/internal";
import { CLONE } from "@restage/linux/abi";
import { hasOwnNamespace } from "../own-namespaces.ts";

const FLAGS = { net: CLONE.NEWNET, ipc: CLONE.NEWIPC, uts: CLONE.NEWUTS, time: CLONE.NEWTIME } as const;

/**
 * PREPARE_NAMESPACES: the root task, and with it all tasks that it forks, goes into namespaces of others (`joinNamespaces`, CRIU's --join-ns).
 *
 * Requires CAP_SYS_ADMIN in their user namespaces.
 */
export function joinNamespaces(): Plugin {
  return definePlugin({
    name: "join-namespaces",
    duty: "join-namespaces",
    stages: { PREPARE_NAMESPACES: "the root task enters namespaces of others (--join-ns)" },
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
    if (plan.host.stat(path) === "missing") plan.refuse({ what, why: "it is not there" });
    // Clocks go on in a new one in any case, unless they are those of others.
    if (kind !== "time" && hasOwnNamespace(plan.images, plan.tree.root, kind))
      plan.refuse({ what, why: "the tree cannot join it: it has one of its own, with content" });
    return [{ number: plan.serviceDescriptors.keepOpen(path), flag: FLAGS[kind] }];
  });
}
