import { existsSync } from "node:fs";
import type { Finding, Tree } from "@restage/core";
import { pidHolder, readProcesses, readText } from "@restage/linux";

/** Pids of the tree that are in use: by a process, a zombie, a thread, or as a process group or session. */
export function* checkPids(tree: Tree): Generator<Finding> {
  const limit = Number(readText("/proc/sys/kernel/pid_max") ?? Number.POSITIVE_INFINITY);
  const groups = new Set<number>();
  for (const { pgrp, session } of readProcesses()) groups.add(pgrp).add(session);
  for (const task of tree.tasks) {
    for (const { tid } of task.threads) {
      const found = { severity: "refused", what: `pid ${tid}`, pid: task.pid, plugin: "check" } as const;
      if (tid >= limit)
        yield { ...found, why: `the largest pid here is ${limit - 1}`, hint: "sysctl kernel.pid_max=4194304" };
      // Finding the holder takes time, so only pids in use are looked up.
      if (!existsSync(`/proc/${tid}`) && !groups.has(tid)) continue;
      const holder = pidHolder(tid) ?? "a task that has just ended";
      yield {
        ...found,
        why: `it is in use by ${holder}`,
        hint: "end it, wait until it is gone, or use --new-pid-namespace",
      };
    }
  }
}
