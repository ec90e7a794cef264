import { ERRNO } from "../abi/errno.ts";
import { SIG } from "../abi/signal.ts";
import { nameOfTask } from "../host/procfs.ts";
import { SystemError } from "../host/system-error.ts";
import type { StoppedThread } from "../seizer.ts";
import type { Stop } from "./stops.ts";

/** Signals of faults: blocking them does not keep them away. */
const FAULTS: ReadonlySet<number> = new Set([SIG.SEGV, SIG.BUS, SIG.ILL, SIG.FPE, SIG.TRAP, SIG.SYS]);

/** The signal with which a thread goes on. None but SIGSTOP, which cannot be blocked, reaches one that is away: it has gone home, or our code is wrong. */
export function signalToPass(thread: StoppedThread, stop: Stop): number {
  if (stop.kind === "ended") throw gone(thread);
  if (stop.kind !== "signal") return 0;
  if (stop.signal === SIG.STOP) return stop.signal;
  if (!FAULTS.has(stop.signal)) throw tooSlow(thread.tid);
  throw new SystemError("ptrace", ERRNO.EFAULT, `query ${nameOfTask(thread.tid)}, which got signal ${stop.signal}`);
}

export function tooSlow(tid: number): SystemError {
  return new SystemError("ptrace", ERRNO.ETIMEDOUT, `keep ${nameOfTask(tid)} stopped: this process was too slow`);
}

export function gone({ tid }: StoppedThread): SystemError {
  return new SystemError("waitid", ERRNO.ESRCH, `query ${nameOfTask(tid)}: it has ended`);
}
