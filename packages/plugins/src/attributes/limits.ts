import { definePlugin, type Host, type RestorePlugin, type Task } from "@restage/core";
import { hasCapability, RLIM_INFINITY, RLIMIT_NAMES } from "@restage/linux/abi";

/**
 * RESTORE, last: resource limits. Raising a hard limit above that of this process requires CAP_SYS_RESOURCE; without it the limit stays at
 * what may be set, and the plan says so.
 */
export function limits(): RestorePlugin {
  return definePlugin({
    name: "limits",
    duty: "limits",
    stages: { RESTORE: "resource limits, after everything that they limit" },
    apply({ plan, stages }) {
      let ceiling: readonly bigint[] = [];
      plan.tap("limits", (plan) => {
        ceiling = hardLimits(plan.host);
        for (const task of plan.survivors) {
          recordedLimits(task).forEach(({ max }, which) => {
            const highest = ceiling[which];
            if (highest === undefined || max <= highest) return;
            const shown = (limit: bigint) => (limit === RLIM_INFINITY ? "unlimited" : String(limit));
            plan.warn({
              what: RLIMIT_NAMES[which] ?? `resource limit ${which}`,
              why: `the hard limit was ${shown(max)}; without CAP_SYS_RESOURCE it can be ${shown(highest)} at most`,
              pid: task.pid,
            });
          });
        }
      });
      stages.RESTORE.task.tap("limits", (task) => {
        recordedLimits(task).forEach(({ cur, max }, which) => {
          const highest = ceiling[which] ?? RLIM_INFINITY;
          const hard = max < highest ? max : highest;
          task.call.prlimit64(0, which, { soft: cur < hard ? cur : hard, hard }, 0);
        });
      });
    },
  });
}

function recordedLimits(task: Task) {
  return task.survives ? (task.core.tc?.rlimits?.rlimits ?? []) : [];
}

/** This process's hard limits by number, where it may not exceed them; none when it may, or when nothing is looked at. */
function hardLimits(host: Host): readonly bigint[] {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(host.readText("/proc/self/status") ?? "")?.[1];
  if (effective === undefined || hasCapability(BigInt(`0x${effective}`), "CAP_SYS_RESOURCE")) return [];
  const limits: bigint[] = [];
  for (const line of (host.readText("/proc/self/limits") ?? "").split("\n")) {
    const which = LIMIT_LINES.findIndex((name) => line.startsWith(`${name} `));
    const hard = line.slice(47).trim().split(/\s+/)[0];
    if (which >= 0 && hard !== undefined) limits[which] = hard === "unlimited" ? RLIM_INFINITY : BigInt(hard);
  }
  return limits;
}

/** Names in /proc/PID/limits in the order of the limits' numbers. Source: fs/proc/base.c. */
const LIMIT_LINES = [
  "Max cpu time",
  "Max file size",
  "Max data size",
  "Max stack size",
  "Max core file size",
  "Max resident set",
  "Max processes",
  "Max open files",
  "Max locked memory",
  "Max address space",
  "Max file locks",
  "Max pending signals",
  "Max msgqueue size",
  "Max nice priority",
  "Max realtime priority",
  "Max realtime timeout",
] as const;
