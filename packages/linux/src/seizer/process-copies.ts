import { writeFileSync } from "node:fs";
import { ERRNO } from "../abi/errno.ts";
import { PTRACE_O } from "../abi/ptrace.ts";
import { SIG } from "../abi/signal.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { SystemError } from "../host/system-error.ts";
import type { CopyQuery, NoCopy, ProcessCopy } from "../seizer.ts";
import type { Ptrace } from "../tracee/ptrace.ts";
import { PATIENCE_OF_COPY } from "./copy-program.ts";
import type { Stops } from "./stops.ts";
import type { TaskMemory } from "./task-memory.ts";

/** Copies of seized processes. The kernel ends them when this process dies (PTRACE_O_EXITKILL); before they are traced they end by themselves. */
export class Copies {
  readonly #host: RawSyscalls;
  readonly #ptrace: Ptrace;
  readonly #stops: Stops;
  readonly #memory: TaskMemory;
  readonly #pids = new Set<number>();

  constructor(host: RawSyscalls, ptrace: Ptrace, stops: Stops, memory: TaskMemory) {
    this.#host = host;
    this.#ptrace = ptrace;
    this.#stops = stops;
    this.#memory = memory;
  }

  /** Takes over a copy that a process has made, and stops it when it is ready. */
  adopt({ made }: CopyQuery): ProcessCopy | NoCopy {
    const pid = made?.answer ?? -ERRNO.ESRCH;
    if (made === undefined || pid < 0) return noCopy("clone", -pid, "copy it");
    const result = this.#ptrace.trySeize(pid, PTRACE_O.EXITKILL);
    if (result < 0) return noCopy("ptrace(PTRACE_SEIZE)", -result, "trace its copy");
    this.#pids.add(pid);
    if (!this.#stopWhenReady(pid, made.ready)) {
      this.#end(pid);
      return noCopy("waitid", ERRNO.ETIMEDOUT, "stop its copy");
    }
    offerToOomKiller(pid);
    return { pid, end: () => this.#end(pid) };
  }

  /** Ends all copies that still exist. */
  end(): void {
    for (const pid of this.#pids) this.#end(pid);
  }

  #stopWhenReady(pid: number, ready: number): boolean {
    for (const end = performance.now() + PATIENCE_OF_COPY; this.#memory.read(pid, ready, 1)?.[0] !== 1; ) {
      if (performance.now() > end) return false;
      this.#host.sleep(50);
    }
    this.#ptrace.interrupt(pid);
    return this.#stops.wait(pid, PATIENCE_OF_COPY)?.kind === "interrupt";
  }

  #end(pid: number): void {
    if (!this.#pids.delete(pid)) return;
    this.#host.syscall("kill", pid, SIG.KILL);
    this.#ptrace.waitForEnd(pid);
  }
}

function noCopy(call: string, errno: number, what: string): NoCopy {
  return { failure: new SystemError(call, errno, what).message };
}

/** When memory runs out, the kernel ends the copy rather than the tree. */
function offerToOomKiller(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, "1000");
  } catch {
    // It is as likely to be ended as the tree then.
  }
}
