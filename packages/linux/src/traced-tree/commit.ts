import { PTRACE_EVENT_STOP } from "../abi/ptrace.ts";
import { ALL_SIGNALS, SIG } from "../abi/signal.ts";
import { waitStatus } from "../abi/wait.ts";
import { nameOfTask, readStatus } from "../host/procfs.ts";
import type { Tracee } from "../kernel.ts";
import { syscallStep } from "../program/steps.ts";
import { STOP_TIMEOUT } from "../tracee/ptrace.ts";
import type { UndoLog } from "../undo/undo-log.ts";
import { resume } from "./resume.ts";
import type { TracedTree } from "./traced-tree.ts";

/**
 * Resumes threads, all or none, even if this process is killed in between. Returns those that were gone.
 *
 * PTRACE_DETACH takes one thread at a time, and PTRACE_O_EXITKILL kills the others when this process dies. So:
 *
 * 1. Every process is held: a SIGSTOP waits for it, which any of its threads takes before it runs an instruction, and which stops all of them.
 * 2. The janitor is told to kill all processes, and PTRACE_O_EXITKILL is taken off the threads.
 * 3. One write makes the janitor do the opposite: continue all processes and undo nothing. This is the commit.
 * 4. Of each process, one thread takes the SIGSTOP, without acting on it: PTRACE_DETACH cancels that stop without a trace. Then all are detached.
 *
 * A SIGCONT from outside takes the SIGSTOP back. Before the commit, the process then stands only because it is traced; after it, it is simply detached.
 *
 * A SIGSTOP costs time for each thread of its process, so there is one for a process, not one for a thread.
 */
export function commit(tree: TracedTree, undo: UndoLog, tracees: readonly Tracee[]): readonly Tracee[] {
  if (tracees.length <= 1 && undo.isEmpty) return resume(tree, tracees);
  const processes = new Map<number, Tracee[]>();
  for (const tracee of tracees) {
    const known = processes.get(tracee.tgid);
    if (known === undefined) processes.set(tracee.tgid, [tracee]);
    else known.push(tracee);
  }
  hold(tree, [...processes.keys()], tracees);
  const tellAll = (signal: number) => [...processes.keys()].map((pid) => syscallStep("kill", pid, signal));
  undo.push(tellAll(SIG.KILL));
  for (const { tid } of tracees) tree.ptrace.trySetOptions(tid, 0);
  undo.replace(tellAll(SIG.CONT));
  const first = [...processes.values()].flatMap(([thread]) => thread?.tid ?? []);
  return resume(tree, tracees, takeStops(tree, first));
}

/** Sends a SIGSTOP to each process, and brings its threads to a stop after which they take it: after some other stops they would first do other things. */
function hold({ raw, ptrace }: TracedTree, processes: readonly number[], tracees: readonly Tracee[]): void {
  // One that has been killed from outside is gone: `resume` reports it.
  for (const pid of processes) raw.syscall("kill", pid, SIG.STOP);
  const held = tracees.filter(({ tid }) => ptrace.interrupt(tid) === 0 && ptrace.resume(tid) === 0);
  for (const { tid } of held) {
    const waited = ptrace.wait(tid, STOP_TIMEOUT);
    const status = typeof waited === "number" ? waitStatus(waited) : undefined;
    if (status?.kind === "stopped" && status.event !== PTRACE_EVENT_STOP)
      throw new Error(`Cannot hold ${nameOfTask(tid)}: its wait status is ${waited}`);
  }
}

/**
 * Lets threads, one of each process, take the SIGSTOP of their process out of the queue: all at once. They run no instruction.
 *
 * @returns the signals that some of them have taken instead, and must get when they are detached.
 */
function takeStops({ ptrace }: TracedTree, tids: readonly number[]): ReadonlyMap<number, number> {
  const taken = new Map<number, number>();
  const masks = tids.map((tid) => ptrace.tryGetSignalMask(tid));
  const running = tids.map((tid) => ptrace.resume(tid) === 0);
  tids.forEach((tid, index) => {
    const mask = masks[index];
    for (let runs = running[index]; runs === true; ) {
      const waited = ptrace.wait(tid, STOP_TIMEOUT);
      if (waited === undefined) {
        // A SIGCONT has taken the SIGSTOP back just now: it runs, but must not keep the mask.
        ptrace.interrupt(tid);
        ptrace.wait(tid, STOP_TIMEOUT);
        break;
      }
      const status = typeof waited === "number" ? waitStatus(waited) : undefined;
      // It has been killed from outside: `resume` reports it.
      if (status?.kind !== "stopped" || mask === undefined) return;
      const signal = status.event === 0 ? status.signal : 0;
      if (signal === SIG.STOP) break;
      if (!isHeld(tid)) {
        taken.set(tid, signal);
        break;
      }
      // Another signal comes first. With this mask it goes back into the queue, and no other one follows.
      ptrace.setSignalMask(tid, ALL_SIGNALS);
      runs = ptrace.resume(tid, signal) === 0;
    }
    if (mask !== undefined) ptrace.setSignalMask(tid, mask);
  });
  return taken;
}

/** Whether a SIGSTOP waits for a process. */
function isHeld(pid: number): boolean {
  const pending = BigInt(`0x${readStatus(pid)?.get("ShdPnd") ?? "0"}`);
  return (pending & (1n << BigInt(SIG.STOP - 1))) !== 0n;
}
