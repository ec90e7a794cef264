import { SIG } from "../abi/signal.ts";
import { P, W } from "../abi/wait.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";

/** Offsets in struct siginfo of what waitid(2) reports. Source: include/uapi/asm-generic/siginfo.h. */
const SIGNUMBER = 0;
const CODE = 8;
const STATUS = 24;
const SIGINFO_SIZE = 128;
/** CLD_EXITED, CLD_KILLED, CLD_DUMPED; the codes after them are stops. */
const LAST_END = 3;

/** A stop at the start or the end of a system call: SIGTRAP with the bit of PTRACE_O_TRACESYSGOOD. */
const SYSCALL_STOP = SIG.TRAP | 0x80;

/** The stop or end of a traced thread. */
export type Stop =
  /** Stopped before a signal, which it receives only if it is resumed with it. */
  | { readonly kind: "signal"; readonly signal: number }
  /** Stopped by PTRACE_INTERRUPT (SIGTRAP), or by a signal that stopped its process. */
  | { readonly kind: "interrupt"; readonly signal: number }
  | { readonly kind: "syscall" }
  | { readonly kind: "ended" };

/**
 * Waits for traced threads without taking their signals.
 *
 * A wait that reports a signal also takes it from the thread, until the tracer gives it back: when the tracer dies in between, the signal is lost. So
 * signals are looked at only (WNOWAIT). The other stops have nothing to lose, with PTRACE_O_TRACESYSGOOD: without it the kernel would send a
 * SIGTRAP to a thread whose tracer dies at a system call that it has not waited for.
 */
export class Stops {
  readonly #host: RawSyscalls;

  constructor(host: RawSyscalls) {
    this.#host = host;
  }

  /** Returns the stop of a thread once; undefined while it runs, and after the stop has been returned. */
  poll(tid: number): Stop | undefined {
    const { scratchView: view, scratchAddress: at } = this.#host;
    view.setUint32(SIGNUMBER, 0, true);
    const options = W.EXITED | W.UNTRACED | W.ALL | W.NOHANG;
    const result = this.#host.syscall("waitid", P.PID, tid, at, options | W.NOWAIT, 0);
    if (result < 0) return { kind: "ended" };
    if (view.getUint32(SIGNUMBER, true) === 0) return undefined;
    const hasEnded = view.getUint32(CODE, true) <= LAST_END;
    const status = view.getUint32(STATUS, true);
    const signal = status & 0xff;
    if (!hasEnded && status === signal && signal !== SYSCALL_STOP) return { kind: "signal", signal };
    this.#host.syscall("waitid", P.PID, tid, at + SIGINFO_SIZE, options, 0);
    if (hasEnded) return { kind: "ended" };
    return status === SYSCALL_STOP ? { kind: "syscall" } : { kind: "interrupt", signal };
  }

  /** Like poll, but blocks this thread for up to some milliseconds, with growing sleeps. */
  wait(tid: number, milliseconds: number): Stop | undefined {
    const end = performance.now() + milliseconds;
    let pause = 20;
    for (let tries = 0; ; tries++) {
      const isLast = performance.now() > end;
      const stop = this.poll(tid);
      if (stop !== undefined || isLast) return stop;
      if (tries < 10) continue;
      this.#host.sleep(pause);
      pause = Math.min(2 * pause, 1000);
    }
  }
}
