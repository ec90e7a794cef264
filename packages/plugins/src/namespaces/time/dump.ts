import { definePlugin, type Host, type Plugin } from "@restage/core";

const SECOND = 1_000_000_000n;

/** The clocks of a time namespace that can be set. Source: time_namespaces(7). */
const CLOCKS = { monotonic: "CLOCK_MONOTONIC", boottime: "CLOCK_BOOTTIME" } as const;

/** The monotonic clocks as the tree sees them, so that they go on from there. */
export function timeNamespace(): Plugin {
  return definePlugin({
    name: "time-namespace",
    duty: "time-namespace",
    dump({ phases }) {
      phases.inspect.task.tap("time-namespace", (task, { tree: { root }, findings }) => {
        if (task.ids.time_ns_id === root.ids.time_ns_id) return;
        const why = "it is in another time namespace than the root of the tree: such a tree is not saved yet";
        findings.refuse({ what: task.name, why, pid: task.pid });
      });
      phases.write.tree.tap("time-namespace", ({ root }, { host, images, inventory }) => {
        const clock = (name: keyof typeof CLOCKS) => {
          const time = host.clock(CLOCKS[name]) - offsetOf(host, "self", name) + offsetOf(host, root.hostPid, name);
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
function offsetOf(host: Host, process: number | "self", clock: keyof typeof CLOCKS): bigint {
  // The kernel can be built without time namespaces.
  const offsets = host.readText(`/proc/${process}/timens_offsets`) ?? "";
  const [, seconds = "0", nanoseconds = "0"] = new RegExp(`^${clock}\\s+(-?\\d+)\\s+(\\d+)`, "m").exec(offsets) ?? [];
  return BigInt(seconds) * SECOND + BigInt(nanoseconds);
}
