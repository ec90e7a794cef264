import { PR } from "../abi/prctl.ts";
import { SIG } from "../abi/signal.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import type { Tracee } from "../kernel.ts";
import type { TracedTree } from "./traced-tree.ts";

/** Kills every task of the tree and waits until all have ended. Returns the ids of those that did not in time. */
export async function killAll(tree: TracedTree): Promise<readonly number[]> {
  const left = [...killTracees(tree)];
  tree.runner.abandon();
  // Whoever awaited one of the abandoned programs now adopts what these have forked.
  await new Promise((resolve) => setImmediate(resolve));
  return [...left, ...killTracees(tree)];
}

function killTracees(tree: TracedTree): readonly number[] {
  const { raw, ptrace, inits } = tree;
  // Stopped leaders come last: they are this process's to reap when their parents have gone.
  const tracees = [...tree.tracees, ...tree.stoppedLeaders];
  tree.stoppedLeaders = [];
  // As a subreaper this process inherits the children of tasks that die, and reaps them: their pids are free again at once.
  const before = isSubreaper(raw);
  raw.syscall("prctl", PR.SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  for (const { tid, tgid } of tracees) if (tid === tgid) raw.syscall("kill", tid, SIG.KILL);
  const left: number[] = [];
  for (const tracee of inOrderOfDeath(tracees, inits)) {
    if (!ptrace.waitForEnd(tracee.tid)) left.push(tracee.tid);
    tree.delete(tracee);
  }
  // Zombies whose parents did not wait for them before they died.
  for (const pid of tree.ended) ptrace.poll(pid);
  tree.ended.clear();
  raw.syscall("prctl", PR.SET_CHILD_SUBREAPER, before, 0, 0, 0);
  return left;
}

/**
 * Threads before leaders: a leader is not reported dead while one of its threads lives. Processes before the inits of their pid
 * namespaces: the last thread of an init to die, whichever that is, waits for everybody in its namespace.
 */
function inOrderOfDeath(tracees: readonly Tracee[], inits: ReadonlySet<Tracee>): readonly Tracee[] {
  const initPids = new Set([...inits].map(({ tgid }) => tgid));
  const rank = ({ tid, tgid }: Tracee) => (initPids.has(tgid) ? 2 : 0) + (tid === tgid ? 1 : 0);
  return tracees.toSorted((a, b) => rank(a) - rank(b));
}

function isSubreaper(raw: RawSyscalls): number {
  raw.syscall("prctl", PR.GET_CHILD_SUBREAPER, raw.scratchAddress, 0, 0, 0);
  return raw.scratchView.getUint32(0, true);
}
