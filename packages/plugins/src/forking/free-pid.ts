import type { Plan } from "@restage/core";

/** The lowest pid for a helper whose pid does not matter, as in CRIU. */
const FIRST_HELPER_PID = 300;

/** A pid that is not in use in the tree, nor on this machine as far as /proc shows. */
export function freePid({ tree, host }: Plan): number {
  const used = new Set(
    tree.tasks.flatMap((task) => [task.sid, task.pgid, task.pid, ...task.threads.map(({ tid }) => tid)]),
  );
  let pid = FIRST_HELPER_PID;
  while (used.has(pid) || typeof host.stat(`/proc/${pid}`) === "object") pid++;
  return pid;
}
