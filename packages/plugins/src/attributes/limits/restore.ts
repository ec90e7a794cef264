import { definePlugin, type Host, type Plugin, type ResourceLimit, type Task } from "@restage/core";
import { RLIM_INFINITY, RLIMIT, RLIMIT_NAMES } from "@restage/linux/abi";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { hasOwnCapability } from "../../own-status.ts";

/**
 * RESTORE, last: resource limits. RESTORE_CREDS: that of pending signals, when they are pending. A hard limit above that of this process requires
 * CAP_SYS_RESOURCE. Without it, the task gets the highest limit that can be set, and the plan has a warning. The root of a user namespace cannot raise
 * hard limits: this process does it at the end of the stage.
 */
export function limits(): Plugin {
  return definePlugin({
    name: "limits",
    duty: "limits",
    stages: {
      RESTORE: "sets resource limits, after everything that they limit",
      RESTORE_CREDS: "sets the limit of pending signals, after they have been queued",
    },
    apply({ plan, stages }) {
      let ceiling: readonly bigint[] = [];
      let inherited: readonly ResourceLimit[] = [];
      plan.tap("limits", (plan) => {
        inherited = ownLimits(plan.host);
        const isRaisable = hasOwnCapability(plan.host, "CAP_SYS_RESOURCE") ?? true;
        ceiling = isRaisable ? [] : inherited.map(({ hard }) => hard);
        for (const task of plan.survivors) {
          recordedLimits(task).forEach(({ max }, which) => {
            const highest = ceiling[which];
            if (highest === undefined || max <= highest) return;
            const shown = (limit: bigint) => (limit === RLIM_INFINITY ? "unlimited" : String(limit));
            const name = RLIMIT_NAMES[which] ?? `resource limit ${which}`;
            plan.lacks("CAP_SYS_RESOURCE", "warning", `${name} becomes ${shown(highest)}, not ${shown(max)}`);
          });
        }
      });
      for (const stage of ["RESTORE", "RESTORE_CREDS"] as const) {
        const raised: { readonly task: Task; readonly which: number; readonly limit: ResourceLimit }[] = [];
        stages[stage].task.tap("limits", (task, { images, tree }) => {
          const isLimited = hasOwnNamespace(images, tree.root, "user");
          recordedLimits(task).forEach(({ cur, max }, which) => {
            if (stageOf(which) !== stage) return;
            const highest = ceiling[which] ?? RLIM_INFINITY;
            const hard = max < highest ? max : highest;
            const soft = cur < hard ? cur : hard;
            const own = inherited[which];
            // The restore itself has raised the number of files.
            if (which !== RLIMIT.NOFILE && own?.soft === soft && own.hard === hard) return;
            if (isLimited && own !== undefined && hard > own.hard) raised.push({ task, which, limit: { soft, hard } });
            else task.call.prlimit64(0, which, { soft, hard }, 0);
          });
        });
        stages[stage].leave.tap("limits", ({ host }) => {
          for (const { task, which, limit } of raised) host.call.prlimit64(task.hostPid, which, limit, 0);
        });
      }
    },
  });
}

/** The stage in which a limit is set. Signals are queued between the two. */
function stageOf(which: number): "RESTORE" | "RESTORE_CREDS" {
  return which === RLIMIT.SIGPENDING ? "RESTORE_CREDS" : "RESTORE";
}

function recordedLimits(task: Task) {
  return task.survives ? (task.core.tc?.rlimits?.rlimits ?? []) : [];
}

/** The limits of this process by number, which tasks inherit; empty in a dry run. */
function ownLimits(host: Host): readonly ResourceLimit[] {
  const limits: ResourceLimit[] = [];
  for (const line of (host.readText("/proc/self/limits") ?? "").split("\n")) {
    const which = LIMIT_LINES.findIndex((name) => line.startsWith(`${name} `));
    const [soft, hard] = line.slice(NAME_WIDTH).trim().split(/\s+/);
    if (which >= 0 && soft !== undefined && hard !== undefined)
      limits[which] = { soft: limit(soft), hard: limit(hard) };
  }
  return limits;
}

function limit(text: string): bigint {
  return text === "unlimited" ? RLIM_INFINITY : BigInt(text);
}

/** The width of the name column in /proc/PID/limits. Source: fs/proc/base.c. */
const NAME_WIDTH = 26;

/** Names in /proc/PID/limits, in the order of the limits' numbers. Source: fs/proc/base.c. */
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
