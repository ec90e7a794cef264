import { definePlugin, type Host, type ImageSet, type Plugin, type Task } from "@restage/core";
import type { TimensEntry, Timespec } from "@restage/images";
import { AT_FDCWD, CLONE, hasCapability, O } from "@restage/linux/abi";

const NANOSECONDS = 1_000_000_000n;

/** clockid_t of the two clocks that a time namespace shifts. Source: time_namespaces(7). */
const CLOCKS = [
  { name: "CLOCK_MONOTONIC", number: 1, field: "monotonic" },
  { name: "CLOCK_BOOTTIME", number: 7, field: "boottime" },
] as const;

/**
 * ROOT_TASK: the clocks go on from where they were. Like CRIU, always in a new time namespace when the image has the clocks, even if
 * the tree had none of its own: timers of libuv, Go and Java count on it. Requires CAP_SYS_ADMIN and CAP_SYS_TIME.
 */
export function timeNamespace(): Plugin {
  return definePlugin({
    name: "time-namespace",
    duty: "time-namespace",
    stages: { ROOT_TASK: "enters a time namespace in which the clocks go on from the recorded values" },
    apply({ plan, stages }) {
      let saved: TimensEntry | undefined;
      let host: Host | undefined;
      plan.tap("time-namespace", (plan) => {
        if (readClocks(plan.images, plan.tree.root) === undefined) {
          plan.warn({
            what: "clocks",
            why: "the checkpoint has no timens image: CLOCK_MONOTONIC and CLOCK_BOOTTIME will jump",
          });
          return;
        }
        const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(plan.host.readText("/proc/self/status") ?? "")?.[1];
        // A user without privileges gets them in a user namespace.
        if (effective === undefined || plan.options.unprivileged) return;
        for (const name of ["CAP_SYS_ADMIN", "CAP_SYS_TIME"] as const) {
          if (hasCapability(BigInt(`0x${effective}`), name)) continue;
          plan.refuse({
            what: "clocks",
            why: `a time namespace needs ${name}`,
            hint: "run as root with all capabilities",
          });
        }
      });
      stages.ROOT_TASK.enter.tap("time-namespace", ({ images, tree, host: coordinator }) => {
        saved = readClocks(images, tree.root);
        host = coordinator;
      });
      stages.ROOT_TASK.task.tapPromise("time-namespace", async (root) => {
        if (saved === undefined || host === undefined) return;
        root.call.unshare(CLONE.NEWTIME);
        await root.flush();
        // From outside the offsets can be written until somebody enters: the root task is the first.
        host.writeFile(`/proc/${root.tracee?.tid}/timens_offsets`, offsetLines(saved, host));
        const namespace = root.call.openat(AT_FDCWD, "/proc/self/ns/time_for_children", O.RDONLY | O.CLOEXEC);
        root.call.setns(namespace, CLONE.NEWTIME);
        root.call.close(namespace);
      });
    },
  });
}

/** The clocks of the tree's own time namespace; those of the host at the dump when it had none. */
function readClocks(images: ImageSet, root: Task): TimensEntry | undefined {
  return images.optional("timens", root.ids.time_ns_id ?? 0) ?? images.optional("timens", 0);
}

/** What /proc/PID/timens_offsets takes: against the host's clocks, not those of the namespace that we may be in. */
function offsetLines(saved: TimensEntry, host: Host): string {
  const own = parseOffsets(host.readText("/proc/self/timens_offsets") ?? "");
  const lines = CLOCKS.map(({ name, number, field }) => {
    const offset = nanoseconds(saved[field]) - (host.clock(name) - (own.get(number) ?? 0n));
    // Nanoseconds are counted upwards from the second below.
    const fraction = ((offset % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
    return `${number} ${(offset - fraction) / NANOSECONDS} ${fraction}\n`;
  });
  return lines.join("");
}

function nanoseconds(time: Timespec): bigint {
  return time.tv_sec * NANOSECONDS + time.tv_nsec;
}

/** Lines `CLOCK SECONDS NANOSECONDS` of /proc/PID/timens_offsets; clocks by name or number. */
function parseOffsets(text: string): Map<number, bigint> {
  const offsets = new Map<number, bigint>();
  for (const line of text.split("\n")) {
    const [clock, seconds, fraction] = line.trim().split(/\s+/);
    if (clock === undefined || seconds === undefined || fraction === undefined) continue;
    const number = clock === "monotonic" ? 1 : clock === "boottime" ? 7 : Number(clock);
    offsets.set(number, BigInt(seconds) * NANOSECONDS + BigInt(fraction));
  }
  return offsets;
}
