import { syscallNumber } from "../abi/syscall.ts";
import { type WaitStatus, waitStatus } from "../abi/wait.ts";
import { nameOfTask } from "../host/procfs.ts";
import { checked } from "../host/system-error.ts";
import type { Exit, Tracee } from "../kernel.ts";
import { STOP_TIMEOUT } from "../tracee/ptrace.ts";
import type { TracedTree } from "./traced-tree.ts";

/** Ends a task, by exit or by a signal, and waits for it as its tracer. Its parent finds a zombie. */
export function endTask(tree: TracedTree, tracee: Tracee, { code = 0, signal }: Exit): void {
  const { ptrace, raw } = tree;
  const { tid } = tracee;
  const wait = (): { readonly raw: unknown; readonly status: WaitStatus | undefined } => {
    const raw = ptrace.wait(tid, STOP_TIMEOUT);
    return { raw, status: typeof raw === "number" ? waitStatus(raw) : undefined };
  };
  if (signal === undefined) {
    tree.setRegisters(tracee, { ax: syscallNumber("exit_group"), di: code, ip: tree.area.single });
    ptrace.resume(tid);
  } else {
    checked(ptrace.setSignalMask(tid, 0n), "ptrace(PTRACE_SETSIGMASK)", () => `end ${nameOfTask(tid)}`);
    // A task that has run no program is in a stop in which no signal can be given to it: then this one stops it again.
    raw.syscall("kill", tid, signal);
    ptrace.resume(tid, signal);
  }
  let end = wait();
  if (end.status?.kind === "stopped" && end.status.signal === signal) {
    ptrace.resume(tid, signal);
    end = wait();
  }
  const expected = signal === undefined ? "exited" : "killed";
  if (end.status?.kind !== expected) throw new Error(`Cannot end ${nameOfTask(tid)}: its wait status is ${end.raw}`);
  tree.deleteEnded(tracee);
}
