import { definePlugin, type Host, type ImageSet, type Plan, type Plugin, type Task } from "@restage/core";
import type { TimensEntry } from "@restage/images";
import { AT_FDCWD, CLONE, O } from "@restage/linux/abi";
import { hasOwnCapability } from "../../own-status.ts";
import { fromTimespec, parseOffsets, printOffsets, timesOf } from "./format.ts";

/**
 * ROOT_TASK: the clocks continue from where they were. Like CRIU, this always makes a time namespace when the images have the clocks, even for a tree
 * that had none: timers of libuv, Go and Java rely on it. Requires CAP_SYS_ADMIN and CAP_SYS_TIME.
 */
export function timeNamespace(): Plugin {
  return definePlugin({
    name: "time-namespace",
    duty: "time-namespace",
    stages: { ROOT_TASK: "enters a time namespace in which the clocks continue from the saved values" },
    apply({ plan, stages }) {
      plan.tap("time-namespace", (plan) => {
        if (readClocks(plan.images, plan.tree.root) !== undefined) return checkCapabilities(plan);
        plan.warn({
          what: "clocks",
          why: "the checkpoint has no timens image, so CLOCK_MONOTONIC and CLOCK_BOOTTIME will jump",
        });
      });
      stages.ROOT_TASK.task.tapPromise("time-namespace", async (root, { host, images }) => {
        const saved = readClocks(images, root);
        if (saved === undefined) return;
        root.call.unshare(CLONE.NEWTIME);
        await root.flush();
        // The coordinator can write the offsets until the first task enters the namespace: the root task.
        host.writeFile(`/proc/${root.tracee?.tid}/timens_offsets`, offsetLines(saved, host));
        const namespace = root.call.openat(AT_FDCWD, "/proc/self/ns/time_for_children", O.RDONLY | O.CLOEXEC);
        root.call.setns(namespace, CLONE.NEWTIME);
        root.call.close(namespace);
      });
    },
  });
}

function checkCapabilities(plan: Plan): void {
  // A user without privileges has them in the user namespace that the restore makes.
  if (plan.options.unprivileged) return;
  for (const name of ["CAP_SYS_ADMIN", "CAP_SYS_TIME"] as const) {
    if (hasOwnCapability(plan.host, name) !== false) continue;
    plan.lacks(name, "refused", "the clocks cannot continue from their saved values");
  }
}

/** The clocks of the tree's own time namespace, or without one, those of the host at the checkpoint. */
function readClocks(images: ImageSet, root: Task): TimensEntry | undefined {
  return images.optional("timens", root.ids.time_ns_id ?? 0) ?? images.optional("timens", 0);
}

/** Offsets from the clocks of the initial time namespace, also when this process is in another one. */
function offsetLines(saved: TimensEntry, host: Host): string {
  const own = parseOffsets(host.readText("/proc/self/timens_offsets") ?? "");
  return printOffsets(timesOf(({ clock, field }) => fromTimespec(saved[field]) - (host.clock(clock) - own[field])));
}
