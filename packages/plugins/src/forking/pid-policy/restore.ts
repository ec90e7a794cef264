import { setTimeout as sleep } from "node:timers/promises";
import { definePlugin, type PidPolicy, type Plan, type Plugin, RestoreError, type StageContext } from "@restage/core";
import { PID_POLICIES } from "@restage/core/internal";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { knownOptions } from "../../ready-made/known-options.ts";
import { type TakenPid, takenPids } from "./taken-pids.ts";

/** How long `wait` waits. */
export interface PidPolicyOptions {
  /** Default: 10. The time limit of the restore (`--timeout`) holds too. */
  readonly seconds?: number;
}

/** How often a waiting restore looks, in milliseconds. */
const PAUSE = 20;
/** How long init may take to reap zombies, in milliseconds. */
const REAPING = 5000;

/**
 * Decides what happens when pids of the checkpoint are in use on this machine: by processes, threads, zombies, process groups or sessions.
 *
 * - `fail`, the default: all of them are named, each with its holder, before anything happens.
 * - `wait`: the restore waits until they are free.
 * - `new-namespace`: the tree is restored in a new pid namespace under an init of Restage, but only then.
 *
 * A tree with a pid namespace of its own has no such conflict. Zombies with the tree's pids are waited for in any case: after a checkpoint that killed the
 * tree, its parent or init may still have to reap it.
 *
 * @param policy The option `pidPolicy` (`--pid-policy`) has precedence.
 * @example
 * ```ts
 * plugins: [pidPolicy("wait", { seconds: 30 })]
 * ```
 */
export function pidPolicy(policy: PidPolicy = "fail", options: PidPolicyOptions = {}): Plugin {
  const { seconds = 10 } = knownOptions("pidPolicy", options, { seconds: true });
  if (!PID_POLICIES.includes(policy)) {
    throw new RangeError(`Cannot use the pid policy ${policy}: expected one of ${PID_POLICIES.join(", ")}`);
  }
  return definePlugin({
    name: "pid-policy",
    duty: "pid-policy",
    stages: { ROOT_TASK: "waits until the pids of the tree are free (--pid-policy wait)" },
    apply({ plan, stages }) {
      const chosen = (options: Plan["options"]) => options.pidPolicy ?? policy;
      let isNew = false;
      // Before everything that depends on whether the tree has an init of Restage's.
      plan.tapPromise({ name: "pid-policy", before: "root-task" }, async (plan) => {
        isNew = plan.init !== undefined || hasOwnNamespace(plan.images, plan.tree.root, "pid");
        if (isNew) return;
        await waitForReaping(plan);
        if (chosen(plan.options) !== "new-namespace" || takenPids(plan.host, plan.tree).length === 0) return;
        isNew = true;
        plan.startInit({ child: !plan.options.detached, user: undefined });
      });
      // After those that add helpers, whose pids can be in use too.
      plan.tap("pid-policy", (plan) => {
        if (isNew) return;
        refuseTooLarge(plan);
        for (const taken of takenPids(plan.host, plan.tree)) report(plan, taken, chosen(plan.options));
      });
      stages.ROOT_TASK.enter.tapPromise({ name: "pid-policy", before: "root-task" }, async (context) => {
        const { options, host } = context;
        if (chosen(options) === "wait" && !isNew && !host.kernel.recording)
          await waitForPids(context, Math.min(seconds, options.timeout / 1000));
      });
    },
  });
}

async function waitForReaping({ tree, host }: Plan): Promise<void> {
  const wanted = new Set(tree.tasks.flatMap(({ threads }) => threads.map(({ tid }) => tid)));
  const end = performance.now() + REAPING;
  while (host.findZombies(wanted).length > 0 && performance.now() < end) await sleep(PAUSE);
}

function refuseTooLarge(plan: Plan): void {
  const limit = Number(plan.host.readText("/proc/sys/kernel/pid_max") ?? Number.POSITIVE_INFINITY);
  const why = `the largest pid here is ${limit - 1}`;
  for (const { tid, task } of plan.tree.tasks.flatMap(({ threads }) => threads)) {
    if (tid >= limit)
      plan.refuse({
        what: `pid ${tid}`,
        why,
        hint: "sysctl kernel.pid_max=4194304",
        remedy: "machine",
        pid: task.pid,
      });
  }
}

function report(plan: Plan, { pid, task, holder }: TakenPid, policy: PidPolicy): void {
  const finding = { what: `pid ${pid}`, why: `it is in use by ${holder}`, pid: task.pid } as const;
  if (policy === "wait") plan.warn({ ...finding, hint: "the restore waits until it is free" });
  else {
    const hint = "end it, or use --pid-policy wait, --pid-policy new-namespace or --new-pid-namespace";
    plan.refuse({ ...finding, hint, remedy: "machine" });
  }
}

async function waitForPids({ host, tree, signal }: StageContext, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const taken = takenPids(host, tree);
    const [first] = taken;
    if (first === undefined) return;
    if (performance.now() > end || signal.aborted) {
      const more = taken.length === 1 ? "" : `, and ${taken.length - 1} others are in use`;
      const message = `Cannot restore the tree: pid ${first.pid} is in use by ${first.holder}${more}, also after ${seconds} s`;
      throw new RestoreError("ERR_PID_TAKEN", message, { plugin: "pid-policy", pid: first.pid, hint: "end it first" });
    }
    await sleep(PAUSE);
  }
}
