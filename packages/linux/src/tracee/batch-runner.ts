import { ERRNO, errnoText } from "../abi/errno.ts";
import { FUTEX } from "../abi/futex.ts";
import { SIG } from "../abi/signal.ts";
import { waitStatus } from "../abi/wait.ts";
import { nameOfTask, readCurrentSyscall } from "../host/procfs.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { Stopwatch } from "../host/stopwatch.ts";
import { ProgramError, type ProgramFailure, type Tracee } from "../kernel.ts";
import { type EncodedProgram, encodeProgram } from "../program/encode-x86-64.ts";
import type { Program, SyscallStep } from "../program/program.ts";
import { syscallStep } from "../program/steps.ts";
import type { RestorerArea, Slot } from "../restorer-area/restorer-area.ts";
import type { Ptrace } from "./ptrace.ts";

interface Batch {
  readonly tracee: Tracee;
  readonly program: Program;
  readonly encoded: EncodedProgram;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** Its start, by the runner's stopwatch. */
  readonly started: number;
}

/** The longest time for which the event loop is blocked while tasks work, in milliseconds. */
const LOOP_BREAK = 8;
/** The least number of running tasks to poll in one pass. */
const PATIENCE = 16;
/** The greatest number of running tasks that each wake the coordinator: to poll for every one of many would slow down the others. */
const FEW = 2;

/**
 * Runs programs in many tracees at once. Each program starts immediately, so that tasks work while the coordinator writes the programs of
 * others. Then it waits for all of them: synchronously while they take microseconds, with growing sleeps and turns of the event loop when
 * they take longer. The end of a program ends such a sleep.
 */
export class BatchRunner {
  readonly #raw: RawSyscalls;
  readonly #ptrace: Ptrace;
  readonly #area: RestorerArea;
  readonly #slots: ReadonlyMap<Tracee, Slot>;
  readonly #timeout: number;
  /** The last step of every program: wakes the coordinator. */
  readonly #ring: SyscallStep;
  readonly #gone: (tracee: Tracee) => void;
  #running: Batch[] = [];
  #pumping = false;
  /** Does not advance while no program runs. */
  readonly #watch = new Stopwatch();

  constructor(
    raw: RawSyscalls,
    ptrace: Ptrace,
    area: RestorerArea,
    slots: ReadonlyMap<Tracee, Slot>,
    timeout: number,
    gone: (tracee: Tracee) => void,
  ) {
    this.#raw = raw;
    this.#ptrace = ptrace;
    this.#area = area;
    this.#slots = slots;
    this.#timeout = timeout;
    this.#ring = { ...syscallStep("futex", area.bell.inTasks, FUTEX.WAKE, 1), allowed: "any" };
    this.#gone = gone;
  }

  run(tracee: Tracee, program: Program): Promise<void> {
    if (this.#running.length === 0) this.#area.reset();
    return new Promise((resolve, reject) => {
      const encoded = encodeProgram([...program, this.#ring], this.#area);
      const batch: Batch = { tracee, program, encoded, resolve, reject, started: this.#watch.milliseconds() };
      const slot = this.#slots.get(tracee);
      if (slot === undefined) {
        reject(this.#error(batch, { kind: "died", exit: { code: undefined, signal: undefined } }));
        return;
      }
      slot.set(encoded.address);
      const result = this.#ptrace.resume(tracee.tid);
      // ESRCH: the task was killed from outside. The wait reports how.
      if (result < 0 && result !== -ERRNO.ESRCH)
        throw new Error(`Cannot resume ${nameOfTask(tracee.tid)}: ${errnoText(-result)}`);
      this.#running.push(batch);
      if (this.#pumping) return;
      this.#pumping = true;
      setImmediate(() => void this.#pump());
    });
  }

  /** Rejects the programs of tasks that have been killed. Nobody reads the restorer area any more. */
  abandon(): void {
    const running = this.#running;
    this.#running = [];
    const exit = { code: undefined, signal: undefined };
    for (const batch of running) batch.reject(this.#error(batch, { kind: "died", exit }));
  }

  async #pump(): Promise<void> {
    let turn = performance.now();
    let tries = 0;
    let pause = 20;
    while (this.#running.length > 0) {
      // Polling slows down many tasks: fork and exit need the lock that wait4(2) takes.
      if (tries > 0 && (tries > 20 || this.#running.length > FEW)) {
        if (this.#sleep(pause)) tries = 0;
        pause = Math.min(2 * pause, 1000);
      }
      tries++;
      const settled = this.#collect();
      const now = performance.now();
      if (settled || now - turn > LOOP_BREAK) {
        if (!settled) this.#checkStuck(this.#watch.milliseconds());
        await new Promise((resolve) => setImmediate(resolve));
        turn = performance.now();
      }
      if (settled) {
        tries = 0;
        pause = 20;
      }
    }
    this.#pumping = false;
  }

  /** Sleeps for so many microseconds. Returns whether one of few tasks has rung: it is about to stop. */
  #sleep(microseconds: number): boolean {
    if (this.#running.length <= FEW) return this.#raw.sleepOn(this.#area.bell.here, microseconds);
    this.#raw.sleep(microseconds);
    return false;
  }

  /**
   * Settles the batches whose tasks have stopped, in the order of their starts. Returns whether there were any. Of many running tasks it
   * polls only the first: polling each of them in every pass would take longer than their work.
   */
  #collect(): boolean {
    const still: Batch[] = [];
    const patience = PATIENCE + this.#running.length / 8;
    let next = 0;
    for (; next < this.#running.length && still.length < patience; next++) {
      const batch = this.#running[next] as Batch;
      const status = this.#ptrace.poll(batch.tracee.tid);
      if (status === undefined || !this.#settle(batch, status)) still.push(batch);
    }
    const settled = still.length < next;
    this.#running = [...this.#running.slice(next), ...still];
    return settled;
  }

  #settle(batch: Batch, raw: number | "gone"): boolean {
    const status = raw === "gone" ? ({ kind: "exited", code: undefined } as const) : waitStatus(raw);
    if (status.kind !== "stopped") {
      this.#gone(batch.tracee);
      const exit =
        status.kind === "exited"
          ? { code: status.code, signal: undefined }
          : { code: undefined, signal: status.signal };
      batch.reject(this.#error(batch, { kind: "died", exit }));
      return true;
    }
    if (status.event !== 0 || status.signal !== SIG.TRAP) {
      if (status.event === 0 && isFault(status.signal)) {
        batch.reject(this.#error(batch, { kind: "signal", signal: status.signal }));
        return true;
      }
      // SIGSTOP from outside cannot be blocked. It is suppressed, because a restore succeeds or fails as a whole.
      this.#ptrace.resume(batch.tracee.tid);
      return false;
    }
    const outcome = batch.encoded.collect();
    if (outcome.finished) batch.resolve();
    else {
      const failure: ProgramFailure =
        outcome.result === undefined
          ? { kind: "signal", signal: SIG.TRAP }
          : { kind: "result", result: outcome.result };
      batch.reject(new ProgramError(batch.tracee.tid, batch.program, outcome.failed, failure));
    }
    return true;
  }

  #checkStuck(now: number): void {
    this.#running = this.#running.filter((batch) => {
      const milliseconds = now - batch.started;
      if (milliseconds < this.#timeout) return true;
      const syscall = readCurrentSyscall(batch.tracee.tid);
      batch.reject(this.#error(batch, { kind: "stuck", milliseconds, syscall }));
      return false;
    });
  }

  #error(batch: Batch, failure: ProgramFailure): ProgramError {
    const outcome = batch.encoded.collect();
    const hasRun = outcome.finished || outcome.failed === this.#ring;
    const step = hasRun ? batch.program.at(-1) : outcome.failed;
    if (step === undefined) throw new RangeError(`Cannot run an empty program in ${nameOfTask(batch.tracee.tid)}`);
    return new ProgramError(batch.tracee.tid, batch.program, step, failure);
  }
}

function isFault(signal: number): boolean {
  return signal === SIG.SEGV || signal === SIG.BUS || signal === SIG.ILL || signal === SIG.FPE || signal === SIG.SYS;
}
