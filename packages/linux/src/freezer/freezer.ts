import { ERRNO } from "../abi/errno.ts";
import { KCMP } from "../abi/kcmp.ts";
import { PTRACE_EVENT_STOP, PTRACE_O } from "../abi/ptrace.ts";
import { SIG } from "../abi/signal.ts";
import { userRegOffset } from "../abi/user-regs-x86-64.ts";
import { waitStatus } from "../abi/wait.ts";
import type { Host } from "../host/host.ts";
import { readStat, readStatus } from "../host/procfs.ts";
import { checked, SystemError } from "../host/system-error.ts";
import type { ExtendedState } from "../kernel.ts";
import type { Query, ScannedPages, SeccompFilter, Seizer, StoppedThread } from "../seizer.ts";
import { readExtendedState } from "../tracee/extended-state-x86-64.ts";
import { Ptrace, type RseqConfiguration, STOP_TIMEOUT } from "../tracee/ptrace.ts";
import type { AddressRange } from "../zone/zone.ts";
import { type HoldSignal, Injection, type Work } from "./injection.ts";
import { PageScan } from "./page-scan.ts";
import { restarted } from "./signal-frame-x86-64.ts";
import { TaskMemory } from "./task-memory.ts";

/**
 * Stops threads of processes that run, looks at them, and lets them go on as if nothing had been. They are traced without
 * PTRACE_O_EXITKILL: when this process is killed they go on too.
 *
 * Precondition: all calls come from one thread (ptrace belongs to it). Requires CAP_SYS_PTRACE for processes of other users.
 */
export class Freezer implements Seizer {
  readonly #host: Host;
  readonly #ptrace: Ptrace;
  readonly #memory: TaskMemory;
  readonly #frozen = new Map<number, StoppedThread>();
  /** Those that did not stop in time: traced all the same. */
  readonly #late = new Set<number>();
  /** Signals that came while a thread was being asked: sent again when it goes on. */
  readonly #held: { readonly thread: StoppedThread; readonly signal: number }[] = [];

  constructor(host: Host) {
    this.#host = host;
    this.#ptrace = new Ptrace(host);
    this.#memory = new TaskMemory(host);
  }

  /**
   * Stops threads, all at once. Those that have ended meanwhile, zombies too, are left out.
   *
   * Throws a SystemError when one cannot be traced, or does not stop in time; `resume` then lets all others go on.
   *
   * @param timeout in milliseconds.
   */
  seize(
    threads: readonly { readonly tid: number; readonly tgid: number }[],
    timeout = STOP_TIMEOUT,
  ): readonly StoppedThread[] {
    const failures: SystemError[] = [];
    const seized = threads.filter(({ tid }) => this.#seize(tid, failures));
    for (const { tid } of seized) this.#ptrace.interrupt(tid);
    const end = performance.now() + timeout;
    const frozen = seized.flatMap(({ tid, tgid }) => {
      const stop = this.#awaitStop(tid, Math.max(0, end - performance.now()));
      if (stop === "gone") return [];
      if (stop === "late") {
        this.#late.add(tid);
        failures.push(new SystemError("wait4", ERRNO.ETIMEDOUT, `stop task ${tid}: ${whatItDoes(tid)}`));
        return [];
      }
      const thread: StoppedThread = {
        tid,
        tgid,
        registers: this.#outOfCriticalSection(tid, this.#ptrace.getRegisters(tid)),
        signalMask: this.#ptrace.getSignalMask(tid),
        stopSignal: stop === SIG.TRAP ? undefined : stop,
      };
      this.#frozen.set(tid, thread);
      return [thread];
    });
    if (failures[0] !== undefined) throw failures[0];
    return frozen;
  }

  /**
   * Forgets threads that did not stay as they were stopped, and returns them: another thread of their process was in execve(2), which ends all
   * others and takes the leader's id.
   */
  dropChanged(): readonly number[] {
    const changed = [...this.#frozen.keys()].filter((tid) => {
      const raw = this.#ptrace.poll(tid);
      if (raw === undefined) return readStat(tid)?.state !== "t";
      if (raw !== "gone" && waitStatus(raw).kind === "stopped") this.#ptrace.resume(tid);
      return true;
    });
    for (const tid of changed) this.#frozen.delete(tid);
    return changed;
  }

  restarted({ registers }: StoppedThread): Uint8Array {
    return restarted(registers);
  }
  extendedState({ tid }: StoppedThread): ExtendedState & { readonly present: bigint } {
    return readExtendedState(this.#host, this.#ptrace.getExtendedState(tid));
  }
  /** Pending signals in their order, each a siginfo_t of 128 bytes. */
  pendingSignals({ tid }: StoppedThread, queue: "shared" | "private"): readonly Uint8Array[] {
    return this.#ptrace.peekSignals(tid, queue === "shared");
  }
  /** Undefined where the kernel cannot tell (before Linux 5.13). */
  rseq({ tid }: StoppedThread): RseqConfiguration | undefined {
    return this.#ptrace.getRseq(tid);
  }
  /** Newest first. Requires CAP_SYS_ADMIN in the first user namespace. */
  seccompFilters({ tid }: StoppedThread): readonly SeccompFilter[] {
    const filters: SeccompFilter[] = [];
    for (;;) {
      const instructions = this.#ptrace.getSeccompFilter(tid, filters.length);
      // The kernel counts from the oldest.
      if (instructions === undefined) return filters.reverse();
      filters.push({ instructions, flags: this.#ptrace.getSeccompFlags(tid, filters.length) });
    }
  }

  /**
   * Lets threads make calls, all at once, and puts them back to where they were.
   *
   * Their processes map memory for it, and unmap it again. What runs there puts a thread back by itself, with rt_sigreturn, when this process is
   * killed meanwhile; the call that maps or unmaps the memory is the only moment in which it could not.
   */
  query(questions: readonly Query[]): void {
    for (const { thread } of questions) this.#suspendSeccomp(thread);
    const processes = new Set(questions.map(({ thread }) => thread.tgid));
    const askedOf = (pid: number) => questions.filter(({ thread }) => thread.tgid === pid);
    together([...processes].map((pid) => this.#askProcess(pid, askedOf(pid))));
  }

  /** Bytes of a process's memory; undefined when not all of it can be read. */
  readMemory(pid: number, address: number | bigint, length: number): Uint8Array | undefined {
    return this.#memory.read(pid, address, length);
  }
  /** Tells which pages have to be saved: neither untouched, nor the kernel's one of zeros, nor those of a file. */
  scanPages(pid: number): ScannedPages {
    return new PageScan(this.#host, pid);
  }
  /** Appends pages of a process to an open file. Throws a SystemError. */
  copyPages(pid: number, ranges: readonly AddressRange[], file: number): void {
    for (const range of ranges) this.#memory.copyTo(pid, range, file);
  }

  /** What waits in the queue of a socket of this process, left there. Throws a SystemError when it is not all there. */
  peek(socket: number, length: number): Uint8Array {
    return this.#memory.peek(socket, length);
  }

  /** Whether two processes share something: 0 for the same; an order otherwise. Throws a SystemError. */
  compare(what: keyof typeof KCMP, first: number, second: number, firstFile = 0, secondFile = 0): number {
    const result = this.#host.syscall("kcmp", first, second, KCMP[what], firstFile, secondFile);
    return checked(result, "kcmp", `compare ${what} of tasks ${first} and ${second}`);
  }

  /** Lets all threads go on as they were. */
  resume(): void {
    for (const { thread, signal } of this.#held) this.#host.syscall("tgkill", thread.tgid, thread.tid, signal);
    this.#held.length = 0;
    for (const { tid } of this.#frozen.values()) this.#ptrace.detach(tid, 0);
    this.#frozen.clear();
    // What they waited for may have come now. If not, they go on when this process ends.
    for (const tid of this.#late) {
      const stop = this.#awaitStop(tid, LAST_CHANCE);
      if (stop !== "late") this.#late.delete(tid);
      if (typeof stop === "number") this.#ptrace.detach(tid, 0);
    }
  }

  /** Kills all processes and waits until they have ended. Returns those that did not in time. */
  kill(): readonly number[] {
    const threads = [...this.#frozen.values()];
    for (const { tid, tgid } of threads) if (tid === tgid) this.#host.syscall("kill", tid, SIG.KILL);
    // The last found first: a leader is not reported dead while one of its threads is, nor the init of a pid namespace while a task is in it.
    const left = threads
      .toReversed()
      .filter(({ tid }) => !this.#ptrace.waitForEnd(tid))
      .map(({ tid }) => tid);
    this.#frozen.clear();
    return left;
  }

  close(): void {
    this.#memory.close();
  }

  *#askProcess(pid: number, questions: readonly Query[]): Work {
    const [leader, ...others] = [...this.#frozen.values()].filter(({ tgid }) => tgid === pid);
    if (leader === undefined) throw new Error(`Process ${pid} is not frozen`);
    const hold: HoldSignal = (held) => this.#held.push(held);
    yield* new Injection(this.#host, this.#ptrace, this.#memory, leader, 1 + others.length, hold).ask(questions);
  }

  #seize(tid: number, failures: SystemError[]): boolean {
    if (this.#late.delete(tid)) return true;
    for (let tries = 1; ; tries++) {
      const result = this.#ptrace.trySeize(tid, PTRACE_O.TRACESYSGOOD);
      if (result === 0) return true;
      const state = readStat(tid)?.state;
      if (result === -ERRNO.ESRCH || state === undefined || state === "Z" || state === "X") return false;
      const tracer = Number(readStatus(tid)?.get("TracerPid") ?? 0);
      // It was traced under another id, before it took its leader's.
      if (tracer === this.#host.syscall("gettid")) return true;
      // A leader that had ended: another thread has its id by now.
      if (tracer === 0 && tries < MAX_TRIES) continue;
      const by = tracer === 0 ? "" : `, which process ${tracer} traces already`;
      failures.push(new SystemError("ptrace(PTRACE_SEIZE)", -result, `stop task ${tid}${by}`));
      return false;
    }
  }

  /** Returns the signal of the stop, "gone" when the thread has ended before. */
  #awaitStop(tid: number, timeout: number): number | "gone" | "late" {
    for (;;) {
      const raw = this.#ptrace.wait(tid, timeout);
      if (raw === undefined) return "late";
      const status = raw === "gone" ? undefined : waitStatus(raw);
      if (status?.kind !== "stopped") return "gone";
      if (status.event === PTRACE_EVENT_STOP) return status.signal;
      // A signal that was on its way: delivered first.
      this.#ptrace.resume(tid, status.signal);
    }
  }

  /**
   * A thread in a restartable sequence goes on at its abort handler, as after every interruption: the kernel would see to it, but forgets the
   * sequence when the thread is asked something.
   */
  #outOfCriticalSection(tid: number, registers: Uint8Array): Uint8Array {
    const { pointer = 0n } = this.#ptrace.getRseq(tid) ?? {};
    const words = (address: bigint, count: number) => {
      const bytes = address === 0n ? undefined : this.#memory.read(tid, address, 8 * count);
      return bytes === undefined ? undefined : new BigUint64Array(bytes.buffer);
    };
    const [, sequence = 0n] = words(pointer, 2) ?? [];
    const [, start = 0n, length = 0n, abort = 0n] = words(sequence, 4) ?? [];
    const view = new DataView(registers.buffer);
    const ip = view.getBigUint64(userRegOffset("ip"), true);
    if (ip >= start && ip < start + length) view.setBigUint64(userRegOffset("ip"), abort, true);
    return registers;
  }

  #suspendSeccomp({ tid }: StoppedThread): void {
    if (Number(readStatus(tid)?.get("Seccomp") ?? 0) === 0) return;
    this.#ptrace.setOptions(tid, PTRACE_O.TRACESYSGOOD | PTRACE_O.SUSPEND_SECCOMP);
  }
}

const MAX_TRIES = 5;

/** How long `resume` waits for a thread that did not stop in time, in milliseconds. */
const LAST_CHANCE = 100;

function whatItDoes(tid: number): string {
  const state = readStat(tid)?.state;
  return state === "D" ? "it is in a call that cannot be interrupted (state D)" : "it does not stop";
}

/** Does all of it in turns: while one process comes to its stop the next ones are on their way to theirs. Throws the first error, at the end. */
function together(works: readonly Work[]): void {
  const errors: unknown[] = [];
  const goesOn = (work: Work): boolean => {
    try {
      return work.next().done !== true;
    } catch (error) {
      errors.push(error);
      return false;
    }
  };
  for (let left = works; left.length > 0; ) left = left.filter(goesOn);
  if (errors.length > 0) throw errors[0];
}
