import { SIG } from "../abi/signal.ts";
import { waitStatus } from "../abi/wait.ts";
import { checked } from "../host/system-error.ts";
import type { Tracee } from "../kernel.ts";
import { syscallStep } from "../program/steps.ts";
import { STOP_TIMEOUT } from "../tracee/ptrace.ts";
import type { UndoLog } from "../undo/undo-log.ts";
import { resume } from "./resume.ts";
import type { TracedTree } from "./traced-tree.ts";

const ALL_SIGNALS = 0xffff_ffff_ffff_ffffn;

/**
 * Resumes threads, all or none, even if this process is killed in between. Returns those that were gone.
 *
 * PTRACE_DETACH takes one thread at a time, and PTRACE_O_EXITKILL kills the others when this process dies. So:
 *
 * 1. Every thread is held: it is about to stop by a SIGSTOP. PTRACE_DETACH cancels that stop without a trace. Without this process, it takes place before
 *    the thread runs an instruction.
 * 2. The janitor is told to kill all processes, and PTRACE_O_EXITKILL is taken off the threads.
 * 3. One write makes the janitor do the opposite: continue all processes and undo nothing. This is the commit.
 * 4. The threads are detached.
 */
export function commit(tree: TracedTree, undo: UndoLog, tracees: readonly Tracee[]): readonly Tracee[] {
  const processes = [...new Set(tracees.map(({ tgid }) => tgid))];
  if (tracees.length > 1 || !undo.isEmpty) {
    hold(tree, tracees);
    undo.push(processes.map((pid) => syscallStep("kill", pid, SIG.KILL)));
    for (const { tid } of tracees) tree.ptrace.trySetOptions(tid, 0);
    undo.replace(processes.map((pid) => syscallStep("kill", pid, SIG.CONT)));
  }
  return resume(tree, tracees);
}

/** Brings each thread to the point where it has taken a SIGSTOP out of its queue and not acted on it. It runs no instruction. */
function hold({ raw, ptrace }: TracedTree, tracees: readonly Tracee[]): void {
  const masks = tracees.map(({ tid, tgid }) => {
    const mask = ptrace.tryGetSignalMask(tid);
    // It has been killed from outside: `resume` reports it.
    if (mask === undefined) return undefined;
    // No other signal must come first.
    checked(ptrace.setSignalMask(tid, ALL_SIGNALS), "ptrace(PTRACE_SETSIGMASK)", `hold task ${tid}`);
    checked(raw.syscall("tgkill", tgid, tid, SIG.STOP), "tgkill", `hold task ${tid}`);
    checked(ptrace.resume(tid), "ptrace(PTRACE_CONT)", `hold task ${tid}`);
    return mask;
  });
  tracees.forEach(({ tid }, index) => {
    const mask = masks[index];
    if (mask === undefined) return;
    const waited = ptrace.wait(tid, STOP_TIMEOUT);
    const status = typeof waited === "number" ? waitStatus(waited) : undefined;
    if (status?.kind !== "stopped") return;
    if (status.signal !== SIG.STOP || status.event !== 0)
      throw new Error(`Cannot hold task ${tid}: its wait status is ${waited}`);
    ptrace.setSignalMask(tid, mask);
  });
}
