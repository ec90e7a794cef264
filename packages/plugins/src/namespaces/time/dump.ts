import { readFileSync } from "node:fs";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";

const SECOND = 1_000_000_000n;

/** The clocks of a time namespace that can be set. Source: time_namespaces(7). */
const CLOCKS = { monotonic: "CLOCK_MONOTONIC", boottime: "CLOCK_BOOTTIME" } as const;

/** The monotonic clocks as the tree sees them, so that they go on from there. */
export function timeNamespace(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "time-namespace",
    duty: "time-namespace",
    saves: [
      {
        group: "namespaces",
        what: "time namespaces",
        saved: "offsets",
        shownBy: ["fixture timens"],
      },
    ],
    apply({ look, write }) {
      look.task.tap("time-namespace", (task, { root, findings }) => {
        if (task.ids.time_ns_id === root.ids.time_ns_id) return;
        const why = "it is in another time namespace than the root of the tree: such a tree is not saved yet";
        findings.refuse({ what: task.name, why, pid: task.pid });
      });
      write.tree.tap("time-namespace", ({ host, images, inventory, root }) => {
        const clock = (name: keyof typeof CLOCKS) => {
          const time = host.clock(CLOCKS[name]) - offsetOf("self", name) + offsetOf(root.hostPid, name);
          return { tv_sec: time / SECOND, tv_nsec: time % SECOND };
        };
        const isOwn = root.ids.time_ns_id !== inventory.root_ids?.time_ns_id;
        // CRIU counts a namespace that the tree has no own of as 0.
        images.add("timens", isOwn ? root.ids.time_ns_id : 0, {
          value: { monotonic: clock("monotonic"), boottime: clock("boottime") },
        });
      });
    },
  });
}

/** How far a process sees a clock from where the first time namespace has it, in nanoseconds. Source: time_namespaces(7). */
function offsetOf(process: number | "self", clock: keyof typeof CLOCKS): bigint {
  const offsets = read(`/proc/${process}/timens_offsets`);
  const [, seconds = "0", nanoseconds = "0"] = new RegExp(`^${clock}\\s+(-?\\d+)\\s+(\\d+)`, "m").exec(offsets) ?? [];
  return BigInt(seconds) * SECOND + BigInt(nanoseconds);
}

/** The kernel may have been built without time namespaces. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
