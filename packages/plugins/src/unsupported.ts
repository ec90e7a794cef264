import { definePlugin, type Plan, type RestorePlugin } from "@restage/core";

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

/** Namespaces by their id fields; equal ids mean that the tree had the dumping host's. */
const NAMESPACES = [
  ["pid_ns_id", "pid"],
  ["net_ns_id", "net"],
  ["ipc_ns_id", "ipc"],
  ["uts_ns_id", "uts"],
  ["mnt_ns_id", "mount"],
  ["user_ns_id", "user"],
  ["cgroup_ns_id", "cgroup"],
] as const;

function checkNamespaces(plan: Plan): void {
  const host = plan.checkpoint.inventory.root_ids;
  if (host === undefined) return;
  for (const task of plan.survivors) {
    for (const [field, name] of NAMESPACES) {
      const own = task.ids[field];
      if (own === undefined || own === host[field]) continue;
      plan.refuse({ what: task.name, why: `${name} namespaces are not restored yet`, pid: task.pid });
    }
  }
}
