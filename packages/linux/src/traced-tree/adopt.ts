import { waitStatus } from "../abi/wait.ts";
import { nameOfTask, readChildren, readStatus, readThreads } from "../host/procfs.ts";
import type { Birth, Tracee } from "../kernel.ts";
import { STOP_TIMEOUT } from "../tracee/ptrace.ts";
import type { TracedTree } from "./traced-tree.ts";

/** Takes control of a task or thread that a program forked: waits for its first stop, and prepares it for a program of its own. */
export function adopt(tree: TracedTree, birth: Birth): Tracee {
  const { forker, id, thread, newPidNamespace } = birth;
  const tid = forker.inPidNamespace === true ? findTid(tree, birth) : id;
  const raw = tree.ptrace.wait(tid, STOP_TIMEOUT);
  const status = typeof raw === "number" ? waitStatus(raw) : undefined;
  if (status?.kind !== "stopped")
    throw new Error(`Cannot take over ${nameOfTask(tid)}: it ended before its first stop`);
  const tracee: Tracee = {
    tid,
    tgid: thread ? forker.tgid : tid,
    // The stub may have chosen another namespace for its children (setns).
    inPidNamespace: forker.inPidNamespace === true || newPidNamespace || (forker === tree.stub && isInside(tid)),
  };
  if (newPidNamespace) tree.inits.add(tracee);
  tree.add(tracee, tree.area.addSlot());
  tree.setRegisters(tracee, { ip: tree.area.entry });
  return tracee;
}

/** The id in this process's pid namespace of what a task forked in another one. A program that forks many is looked at once. */
function findTid({ tracees, newborn }: TracedTree, { forker, id, thread }: Birth): number {
  const key = String(id);
  let born = newborn.get(forker.tid);
  if (born?.has(key) !== true) {
    const known = new Set(tracees.map(({ tid }) => tid));
    const unknown = (thread ? readThreads(forker.tgid) : readChildren(forker.tid)).filter((tid) => !known.has(tid));
    born = new Map(unknown.map((tid) => [idsOf(tid).at(-1) ?? "", tid]));
    newborn.set(forker.tid, born);
  }
  const tid = born.get(key);
  if (tid === undefined)
    throw new Error(`Cannot take over the child ${id} of ${nameOfTask(forker.tid)}: it does not exist`);
  born.delete(key);
  return tid;
}

/** Tells whether a task is in a pid namespace below this process's. */
function isInside(tid: number): boolean {
  return idsOf(tid).length > 1;
}

/** The ids of a task, in this process's pid namespace first. */
function idsOf(tid: number): readonly string[] {
  return readStatus(tid)?.get("NSpid")?.split(/\s+/) ?? [];
}
