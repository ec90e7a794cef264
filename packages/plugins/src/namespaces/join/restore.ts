import { definePlugin, type Plan, type Plugin } from "@restage/core";
import { JOINED_NAMESPACES } from "@restage/core/internal";
import { CLONE } from "@restage/linux/abi";
import { hasOwnNamespace } from "../own-namespaces.ts";

const FLAGS = { net: CLONE.NEWNET, ipc: CLONE.NEWIPC, uts: CLONE.NEWUTS, time: CLONE.NEWTIME } as const;

interface Joined {
  readonly kind: keyof typeof FLAGS;
  readonly number: number;
}

/**
 * ROOT_TASK: the stub enters existing namespaces (`joinNamespaces`, CRIU's --join-ns), and all tasks are in them. A tree that had one of its own leaves
 * that and its content out, as with CRIU. The root task enters a time namespace in PREPARE_NAMESPACES, after the one that continues the clocks.
 *
 * Requires CAP_SYS_ADMIN in the user namespaces that own them.
 */
export function joinNamespaces(): Plugin {
  return definePlugin({
    name: "join-namespaces",
    duty: "join-namespaces",
    stages: {
      ROOT_TASK: "enters existing namespaces (--join-ns)",
      PREPARE_NAMESPACES: "enters an existing time namespace (--join-ns)",
    },
    apply({ plan, stages }) {
      let joined: readonly Joined[] = [];
      plan.tap("join-namespaces", (plan) => {
        joined = findJoined(plan);
      });
      stages.ROOT_TASK.enter.tap({ name: "join-namespaces", before: "root-task" }, ({ stub }) => {
        for (const { kind, number } of joined) if (kind !== "time") stub.call.setns(number, FLAGS[kind]);
      });
      stages.PREPARE_NAMESPACES.task.tap("join-namespaces", (root) => {
        for (const { kind, number } of joined) if (kind === "time") root.call.setns(number, FLAGS[kind]);
      });
    },
  });
}

function findJoined(plan: Plan): readonly Joined[] {
  return JOINED_NAMESPACES.flatMap((kind) => {
    const path = plan.options.joinNamespaces[kind];
    if (path === undefined) return [];
    if (plan.host.stat(path) === "missing")
      plan.refuse({ what: `${kind} namespace ${path}`, why: "it does not exist", remedy: "options" });
    // The duty net-namespaces enters it in place of the tree's own.
    if (kind === "net" && hasOwnNamespace(plan.images, plan.tree.root, kind)) return [];
    return [{ kind, number: plan.serviceDescriptors.keepOpen(path) }];
  });
}
