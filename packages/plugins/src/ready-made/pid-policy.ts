import { setTimeout as sleep } from "node:timers/promises";
import {
  definePlugin,
  type Host,
  type Plan,
  type Plugin,
  RestoreError,
  type StageContext,
  type Tree,
} from "@restage/core";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";

/**
 * What happens when pids of the checkpoint are in use here:
 *
 * - `refuse`: all of them are named, each with its holder, before anything happens.
 * - `wait`: the restore waits until they are free.
 * - `new-namespace`: the tree is restored in a new pid namespace under an init of Restage, but only then.
 */
export type PidPolicy = "refuse" | "wait" | "new-namespace";

/** How long `wait` waits. */
export interface PidPolicyOptions {
  /** Default: 10. The time limit of the restore (`--timeout`) holds too. */
  readonly seconds?: number;
}

/** How often `wait` looks, in milliseconds. */
const PAUSE = 50;

/**
 * Decides what happens when pids of the checkpoint are in use: by processes, threads, zombies, process groups or sessions. Without it the restore fails at the
 * first one. A tree with a pid namespace of its own has no such conflict.
 *
 * @example
 * ```ts
 * plugins: [pidPolicy("wait", { seconds: 30 })]
 * ```
 */
export function pidPolicy(policy: PidPolicy, { seconds = 10 }: PidPolicyOptions = {}): Plugin {
  if (!["refuse", "wait", "new-namespace"].includes(policy)) {
    throw new RangeError(`Cannot use the pid policy ${policy}: expected refuse, wait or new-namespace`);
  }
  return definePlugin({
    name: "pid-policy",
    apply({ plan, stages }) {
      let isNew = false;
      plan.tap({ name: "pid-policy", before: "init" }, (plan) => {
        const { newPidNamespace, unprivileged, detached } = plan.options;
        isNew = newPidNamespace || unprivileged || hasOwnNamespace(plan.images, plan.tree.root, "pid");
        if (isNew || policy === "wait") return;
        const taken = takenPids(plan.host, plan.tree);
        if (policy === "refuse") for (const each of taken) refuse(plan, each);
        else if (taken.length > 0) {
          isNew = true;
          plan.startInit({ child: !detached, user: undefined });
        }
      });
      stages.ROOT_TASK.enter.tapPromise({ name: "pid-policy", before: "root-task" }, async (context) => {
        if (policy === "wait" && !isNew && !context.host.kernel.recording) await waitForPids(context, seconds);
      });
    },
  });
}

/** A pid that is in use. */
interface TakenPid {
  readonly pid: number;
  readonly holder: string;
}

function takenPids(host: Host, tree: Tree): readonly TakenPid[] {
  const used = usedPids(host);
  return tree.tasks
    .flatMap((task) => (task.threads.length === 0 ? [task.pid] : task.threads.map(({ tid }) => tid)))
    .flatMap((pid) => {
      // Finding the holder takes time. What the machine does not tell, a recording kernel invents.
      const holder = used === undefined || used.has(pid) ? host.pidHolder(pid) : undefined;
      return holder === undefined ? [] : [{ pid, holder }];
    });
}

/** All ids of processes, process groups and sessions, and possibly of threads. */
function usedPids(host: Host): { has(pid: number): boolean } | undefined {
  const names = host.list("/proc");
  if (names === undefined) return undefined;
  const ids = new Set<number>();
  for (const name of names.filter((name) => /^\d+$/.test(name))) {
    // After the command name, which can contain anything: state, parent, group, session. Source: proc_pid_stat(5).
    const [, , group, session] =
      host
        .readText(`/proc/${name}/stat`)
        ?.replace(/^.*\) /s, "")
        .split(" ") ?? [];
    for (const id of [name, group, session]) ids.add(Number(id));
  }
  return { has: (pid) => ids.has(pid) || typeof host.stat(`/proc/${pid}`) === "object" };
}

function refuse(plan: Plan, { pid, holder }: TakenPid): void {
  plan.refuse({
    what: `pid ${pid}`,
    why: `it is in use by ${holder}`,
    hint: "end it, wait until it is gone, or use --new-pid-namespace",
    remedy: "machine",
    pid,
  });
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
