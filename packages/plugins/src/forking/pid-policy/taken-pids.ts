import type { Host, Task, Tree } from "@restage/core";

/** A pid of the tree that is in use. */
export interface TakenPid {
  readonly pid: number;
  readonly task: Task;
  readonly holder: string;
}

/** The pids of a tree, of all its tasks, helpers and threads, that are in use on this machine. */
export function takenPids(host: Host, tree: Tree): readonly TakenPid[] {
  const used = usedIds(host);
  return tree.tasks
    .flatMap((task) => task.threads)
    .flatMap(({ tid: pid, task }) => {
      // Finding the holder takes time. What the machine does not tell, a recording kernel invents.
      const isUsed = used === undefined || used.has(pid) || typeof host.stat(`/proc/${pid}`) === "object";
      const holder = isUsed ? host.pidHolder(pid) : undefined;
      return holder === undefined ? [] : [{ pid, task, holder }];
    });
}

/** The ids of all processes, process groups and sessions. Only /proc names threads, one at a time. */
function usedIds(host: Host): ReadonlySet<number> | undefined {
  const names = host.list("/proc");
  if (names === undefined) return undefined;
  const pids = names.map(Number).filter((pid) => pid > 0);
  // Faster than reading three fields of a file of each process. A process that has just ended answers -ESRCH, which is no id.
  return new Set(pids.flatMap((pid) => [pid, host.attempt("getpgid", pid), host.attempt("getsid", pid)]));
}
