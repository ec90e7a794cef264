import { readStat } from "../host/procfs.ts";
import { Stopwatch } from "../host/stopwatch.ts";
import type { Tracee } from "../kernel.ts";
import { STOP_TIMEOUT } from "../tracee/ptrace.ts";
import type { TracedTree } from "./traced-tree.ts";

/** Detaches threads, which run on, some with a signal that they have taken. Returns those that were gone. */
export function resume(
  tree: TracedTree,
  tracees: readonly Tracee[],
  signals: ReadonlyMap<number, number> = new Map(),
): readonly Tracee[] {
  return tracees.filter((tracee) => {
    tree.delete(tracee);
    return tree.ptrace.detach(tracee.tid, signals.get(tracee.tid) ?? 0) < 0;
  });
}

/** Detaches the threads of one process, leader first, into a stop by a signal. Returns those that were gone. */
export function resumeStopped(tree: TracedTree, threads: readonly Tracee[], signal: number): readonly Tracee[] {
  const [leader, ...others] = threads;
  if (leader === undefined) return [];
  if (tree.ptrace.detach(leader.tid, signal) < 0) return [leader];
  tree.delete(leader);
  tree.stoppedLeaders = [...tree.stoppedLeaders, leader];
  // The leader's signal stops the whole group; the others are detached only when it has.
  awaitStops(tree, [leader]);
  const gone = resume(tree, others);
  // They enter the stop by themselves, which takes a while on a busy machine, and their parent may look.
  awaitStops(
    tree,
    others.filter((thread) => !gone.includes(thread)),
  );
  return gone;
}

function awaitStops(tree: TracedTree, threads: readonly Tracee[]): void {
  const watch = new Stopwatch();
  const isStopped = ({ tid }: Tracee) => readStat(tid)?.state === "T";
  while (!threads.every(isStopped) && watch.milliseconds() < STOP_TIMEOUT) tree.raw.sleep(100);
}
