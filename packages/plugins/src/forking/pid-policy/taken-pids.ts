import type { Host, Task, Tree } from "@restage/core";

/** A pid of the tree that is in use. */
export interface TakenPid {
  readonly pid: number;
  readonly task: Task;
  readonly holder: string;
}

/** The pids of a tree, of all its tasks, helpers and threads, that are in use on this machine. */
export function takenPids(host: Host, tree: Tree): readonly TakenPid[] {
  return tree.tasks
    .flatMap((task) => task.threads)
    .flatMap(({ tid: pid, task }) => {
      const holder = host.pidHolder(pid);
      return holder === undefined ? [] : [{ pid, task, holder }];
    });
}
