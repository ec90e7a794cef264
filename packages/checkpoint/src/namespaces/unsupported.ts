import { type CheckpointPlugin, defineCheckpointPlugin } from "../plugin.ts";

/** Namespaces that are not saved yet. */
const UNSUPPORTED = [
  ["pid", "pid_ns_id"],
  ["net", "net_ns_id"],
  ["ipc", "ipc_ns_id"],
  ["uts", "uts_ns_id"],
  ["mount", "mnt_ns_id"],
  ["user", "user_ns_id"],
  ["cgroup", "cgroup_ns_id"],
] as const;

/** Refuses, by name, what nobody saves yet. */
export function unsupported(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "unsupported",
    duty: "unsupported",
    apply({ look }) {
      look.task.tap("unsupported", (task, { inventory, findings }) => {
        for (const [kind, id] of UNSUPPORTED) {
          if (task.ids[id] === inventory.root_ids?.[id]) continue;
          const why = `it is in another ${kind} namespace than this process: these are not saved yet`;
          findings.refuse({ what: task.name, why, pid: task.pid });
        }
      });
    },
  });
}
