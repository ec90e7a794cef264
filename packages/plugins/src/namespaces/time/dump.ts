import { definePlugin, type Host, type Plugin } from "@restage/core";
import { type ClockTimes, parseOffsets, timesOf, toTimespec } from "./format.ts";

/** Saves the monotonic clocks as the tree sees them, so that they continue from there. Refuses trees whose tasks see different clocks. */
export function timeNamespace(): Plugin {
  return definePlugin({
    name: "time-namespace",
    duty: "time-namespace",
    phases: {
      inspect: "refuses tasks in another time namespace than the root task",
      write: "saves the clocks as the tree sees them",
    },
    dump({ phases }) {
      phases.inspect.task.tap("time-namespace", (task, { tree: { root }, findings }) => {
        if (task.ids.time_ns_id === root.ids.time_ns_id) return;
        const why = "it is in another time namespace than the root task, and nested ones are not saved yet";
        findings.refuse({ what: task.name, why, pid: task.pid });
      });
      phases.write.tree.tap("time-namespace", ({ root }, { host, images, inventory }) => {
        const isOwn = root.ids.time_ns_id !== inventory.root_ids?.time_ns_id;
        const here = isOwn ? readOffsets(host, "self") : NONE;
        const there = isOwn ? readOffsets(host, root.hostPid) : NONE;
        const times = timesOf(({ clock, field }) => host.clock(clock) - here[field] + there[field]);
        // CRIU uses the number 0 for a tree without a time namespace of its own.
        images.add("timens", isOwn ? root.ids.time_ns_id : 0, {
          value: { monotonic: toTimespec(times.monotonic), boottime: toTimespec(times.boottime) },
        });
      });
    },
  });
}

const NONE = parseOffsets("");

/** How far the clocks of a process are ahead of those of the initial time namespace. */
function readOffsets(host: Host, process: number | "self"): ClockTimes {
  return parseOffsets(host.readText(`/proc/${process}/timens_offsets`) ?? "");
}
