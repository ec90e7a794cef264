import { clearInterval, setInterval } from "node:timers";
import type { AddressRange } from "../abi/address-space.ts";
import { ERRNO } from "../abi/errno.ts";
import { KCMP } from "../abi/kcmp.ts";
import { PTRACE_O } from "../abi/ptrace.ts";
import { SIG } from "../abi/signal.ts";
import { userRegOffset } from "../abi/user-regs-x86-64.ts";
import { nameOfTask, pidHolder, readStat, readStatus } from "../host/procfs.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { checked, SystemError } from "../host/system-error.ts";
import type { ExtendedState } from "../kernel.ts";
import { syscallStep } from "../program/steps.ts";
import type {
  AttachedFilter,
  CopyRequest,
  FilePart,
  NoCopy,
  PagesFile,
  ProcessCopy,
  Query,
  ScannedPages,
  Seizer,
  StoppedThread,
} from "../seizer.ts";
import { readExtendedState } from "../tracee/extended-state-x86-64.ts";
import { Ptrace, type RseqConfiguration, STOP_TIMEOUT } from "../tracee/ptrace.ts";
import type { UndoLog } from "../undo/undo-log.ts";
import { AddressSpaceLimits } from "./address-space-limits.ts";
import { Injection, type Work } from "./injection.ts";
import { restartedElsewhere } from "./interrupted-call-x86-64.ts";
import { PageScan } from "./page-scan.ts";
import { Copies } from "./process-copies.ts";
import { type Stop, Stops } from "./stops.ts";
import { TaskMemory } from "./task-memory.ts";

/**
 * The real Seizer, by ptrace. Until `hold`, threads are traced without PTRACE_O_EXITKILL: when this process is killed, they run on.
 *
 * Precondition: all calls come from one thread (ptrace belongs to it). Requires CAP_SYS_PTRACE for processes of other users.
 */
export class PtraceSeizer implements Seizer {
  readonly #host: RawSyscalls;
  readonly #ptrace: Ptrace;
  readonly #stops: Stops;
  readonly #memory: TaskMemory;
  readonly #copies: Copies;
  readonly #limits: AddressSpaceLimits;
  readonly #undo: UndoLog;
  readonly #stopped = new Map<number, StoppedThread>();
  /** Threads that did not stop in time, and are traced until they do. */
  readonly #late = new Set<number>();
  #isHeld = false;
  #releasing: NodeJS.Timeout | undefined;

  /** @param undo what is undone on the host if this process dies. */
  constructor(host: RawSyscalls, undo: UndoLog) {
    this.#host = host;
    this.#undo = undo;
    this.#ptrace = new Ptrace(host);
    this.#stops = new Stops(host);
    this.#memory = new TaskMemory(host);
    this.#limits = new AddressSpaceLimits(host, undo);
    this.#copies = new Copies(host, this.#ptrace, this.#stops, this.#memory);
  }

  /**
   * Stops threads, all at once. Leaves out those that have ended meanwhile, zombies included.
   *
   * Throws a SystemError when one cannot be traced, or does not stop in time; `resume` then resumes all others.
   *
   * @param timeout in milliseconds.
   */
  seize(
    threads: readonly { readonly tid: number; readonly tgid: number }[],
    timeout = STOP_TIMEOUT,
  ): readonly StoppedThread[] {
    const failures: SystemError[] = [];
    const seized = threads.filter(({ tid }) => this.#seize(tid, failures));
    for (const { tid } of seized) {
      this.#late.add(tid);
      this.#ptrace.interrupt(tid);
    }
    const end = performance.now() + timeout;
    const stopped = seized.flatMap(({ tid, tgid }) => {
      const stop = this.#awaitInterrupt(tid, Math.max(0, end - performance.now()));
      if (stop === undefined) {
        failures.push(new SystemError("waitid", ERRNO.ETIMEDOUT, `stop ${nameOfTask(tid)}: ${whatItDoes(tid)}`));
        return [];
      }
      const registers = stop.kind === "ended" ? undefined : this.#ptrace.tryGetRegisters(tid);
      // Another thread, which does not stand still yet, can end it at any moment.
      const signalMask = this.#ptrace.tryGetSignalMask(tid);
      this.#late.delete(tid);
      if (registers === undefined || signalMask === undefined || stop.kind === "ended") return [];
      const thread: StoppedThread = {
        tid,
        tgid,
        registers: this.#outOfCriticalSection(tid, registers),
        signalMask,
        stopSignal: stop.signal === SIG.TRAP ? undefined : stop.signal,
      };
      this.#stopped.set(tid, thread);
      return [thread];
    });
    if (failures[0] !== undefined) throw failures[0];
    return stopped;
  }

  /**
   * Forgets threads that changed after they were stopped, and returns their ids. This happens when another thread of their process was in execve(2),
   * which ends all others and takes the leader's id.
   */
  dropChanged(): readonly number[] {
    const changed = [...this.#stopped.keys()].filter((tid) => {
      const stop = this.#stops.poll(tid);
      // Not by /proc/TID/stat: the kernel adds up the times of all threads for it.
      if (stop === undefined) return this.#ptrace.tryGetSignalMask(tid) === undefined;
      this.#ptrace.resume(tid, signalOf(stop));
      return true;
    });
    for (const tid of changed) this.#stopped.delete(tid);
    return changed;
  }

  restarted({ registers }: StoppedThread): Uint8Array {
    return restartedElsewhere(registers);
  }
  extendedState({ tid }: StoppedThread): ExtendedState & { readonly present: bigint } {
    return readExtendedState(this.#host, this.#ptrace.getExtendedState(tid));
  }
  threadAreas({ tid }: StoppedThread): readonly Uint8Array[] {
    return this.#ptrace.getThreadAreas(tid);
  }
  /** Pending signals in their order, each a siginfo_t of 128 bytes. */
  pendingSignals({ tid }: StoppedThread, queue: "shared" | "private"): readonly Uint8Array[] {
    return this.#ptrace.peekSignals(tid, queue === "shared");
  }
  /** The registration of restartable sequences. Undefined before Linux 5.13, which cannot tell. */
  rseq({ tid }: StoppedThread): RseqConfiguration | undefined {
    return this.#ptrace.getRseq(tid);
  }
  syscallDispatch({ tid }: StoppedThread): Uint8Array | undefined {
    return this.#ptrace.getSyscallDispatch(tid);
  }
  /** Newest first. Requires CAP_SYS_ADMIN in the first user namespace. */
  seccompFilters({ tid }: StoppedThread): readonly AttachedFilter[] {
    const filters: AttachedFilter[] = [];
    for (;;) {
      const instructions = this.#ptrace.getSeccompFilter(tid, filters.length);
      // The kernel counts from the oldest.
      if (instructions === undefined) return filters.reverse();
      filters.push({ instructions, flags: this.#ptrace.getSeccompFlags(tid, filters.length) });
    }
  }

  /**
   * Lets threads make calls, all at once, and puts them back to where they were. Wherever this process is killed meanwhile, they go back there by
   * themselves (see `Injection`).
   */
  query(questions: readonly Query[]): void {
    const asked = new Map<number, Query[]>();
    for (const question of questions) {
      const { tgid } = question.thread;
      const others = asked.get(tgid);
      if (others === undefined) asked.set(tgid, [question]);
      else others.push(question);
    }
    const threads = new Map<number, StoppedThread[]>([...asked.keys()].map((pid) => [pid, []]));
    for (const thread of this.#stopped.values()) threads.get(thread.tgid)?.push(thread);
    const patience = PATIENCE + PATIENCE_PER_THREAD * questions.length;
    together([...asked].map(([pid, ofIt]) => this.#askProcess(pid, threads.get(pid) ?? [], ofIt, patience)));
  }

  copy(requests: readonly CopyRequest[]): readonly (ProcessCopy | NoCopy)[] {
    const asked = requests.map(({ thread, unwanted }) => ({ thread, program: [], copy: { unwanted } }));
    this.query(asked);
    return asked.map(({ copy }) => this.#copies.adopt(copy));
  }

  /** Bytes of a process's memory; undefined when not all of it can be read. */
  readMemory(pid: number, address: number | bigint, length: number): Uint8Array | undefined {
    return this.#memory.read(pid, address, length);
  }
  readRanges(pid: number, ranges: readonly AddressRange[]): readonly Uint8Array[] | undefined {
    return this.#memory.readRanges(pid, ranges);
  }
  /** Tells which pages have to be saved: neither untouched, nor the kernel's one of zeros, nor those of a file. */
  scanPages(pid: number): ScannedPages {
    return new PageScan(this.#host, pid);
  }
  /** Appends pages of a process to an open file. Throws a SystemError. */
  copyPages(pid: number, ranges: readonly AddressRange[], to: PagesFile): void {
    for (const range of ranges) this.#memory.copyTo(pid, range, to);
  }

  copyChangedPages(pid: number, range: AddressRange, earlier: FilePart, to: PagesFile): readonly AddressRange[] {
    return this.#memory.copyChangedTo(pid, range, earlier, to);
  }

  /** What waits in the queue of a socket of this process, left there. Throws a SystemError when it is not all there. */
  peek(socket: number, length: number): Uint8Array {
    return this.#memory.peek(socket, length);
  }

  /** Whether two processes share something: 0 for the same; an order otherwise. Throws a SystemError. */
  compare(what: keyof typeof KCMP, first: number, second: number, firstFile = 0, secondFile = 0): number {
    const result = this.#host.syscall("kcmp", first, second, KCMP[what], firstFile, secondFile);
    return checked(result, "kcmp", () => `compare ${what} of ${nameOfTask(first)} and ${nameOfTask(second)}`);
  }

  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    const processes = new Set([...this.#stopped.values()].map(({ tgid }) => tgid));
    // PTRACE_O_EXITKILL takes one thread at a time. If this process dies in between, the janitor kills the processes that the kernel does not.
    if (processes.size > 1 || !this.#undo.isEmpty)
      this.#undo.replace([...processes].map((pid) => syscallStep("kill", pid, SIG.KILL)));
    for (const tid of this.#stopped.keys()) {
      const result = this.#ptrace.trySetOptions(tid, PTRACE_O.TRACESYSGOOD | PTRACE_O.EXITKILL);
      // One that has been killed from outside needs none.
      if (result !== -ERRNO.ESRCH) checked(result, "ptrace(PTRACE_SETOPTIONS)", () => `hold task ${tid}`);
    }
  }

  /** Resumes all threads as they were. One that has not stopped yet resumes when it does, at the latest when this process ends. */
  resume(): void {
    if (this.#isHeld) {
      for (const tid of this.#stopped.keys()) this.#ptrace.trySetOptions(tid, PTRACE_O.TRACESYSGOOD);
      // One write: the janitor no longer kills them.
      if (!this.#undo.isEmpty) this.#undo.replace([]);
      this.#isHeld = false;
    }
    for (const { tid } of this.#stopped.values()) this.#ptrace.detach(tid, 0);
    this.#stopped.clear();
    const end = performance.now() + LAST_CHANCE;
    for (const tid of this.#late) this.#release(tid, this.#awaitInterrupt(tid, Math.max(0, end - performance.now())));
    if (this.#late.size > 0) this.#releaseLater();
  }

  /** Kills all processes and waits until they have ended. Returns those that did not in time. */
  kill(): readonly number[] {
    const threads = [...this.#stopped.values()];
    for (const { tid, tgid } of threads) if (tid === tgid) this.#host.syscall("kill", tid, SIG.KILL);
    // The last found first: a leader is not reported dead while one of its threads is, nor the init of a pid namespace while a task is in it.
    const left = threads
      .toReversed()
      .filter(({ tid }) => !this.#ptrace.waitForEnd(tid))
      .map(({ tid }) => tid);
    this.#stopped.clear();
    return left;
  }

  close(): void {
    this.#copies.end();
    this.#memory.close();
  }

  *#askProcess(pid: number, threads: readonly StoppedThread[], questions: readonly Query[], patience: number): Work {
    const [leader] = threads;
    if (leader === undefined) throw new Error(`Process ${pid} is not seized`);
    for (const thread of new Set([leader, ...questions.map(({ thread }) => thread)])) this.#suspendSeccomp(thread);
    const injection = new Injection(
      this.#host,
      this.#ptrace,
      this.#stops,
      this.#memory,
      this.#limits,
      leader,
      threads,
      questions,
      patience,
    );
    try {
      yield* injection.ask();
    } finally {
      for (const { tid } of injection.strays) if (this.#stopped.delete(tid)) this.#late.add(tid);
    }
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
      const by = tracer === 0 ? "" : `, which ${pidHolder(tracer) ?? `process ${tracer}`} already traces`;
      failures.push(new SystemError("ptrace(PTRACE_SEIZE)", -result, `stop ${nameOfTask(tid)}${by}`));
      return false;
    }
  }

  /** Undefined when it does not stop in time. */
  #awaitInterrupt(tid: number, timeout: number): Exclude<Stop, { kind: "signal" | "syscall" }> | undefined {
    const end = performance.now() + timeout;
    for (;;) {
      const stop = this.#stops.wait(tid, Math.max(0, end - performance.now()));
      if (stop === undefined || stop.kind === "interrupt" || stop.kind === "ended") return stop;
      // A signal that was on its way: delivered first.
      this.#ptrace.resume(tid, signalOf(stop));
    }
  }

  #release(tid: number, stop: Stop | undefined): void {
    if (stop === undefined) return;
    this.#late.delete(tid);
    this.#ptrace.detach(tid, signalOf(stop));
  }

  /** The stop that was asked for cannot be called off: nobody else would resume the thread when it comes to it. */
  #releaseLater(): void {
    this.#releasing ??= setInterval(() => {
      for (const tid of this.#late) this.#release(tid, this.#stops.poll(tid));
      if (this.#late.size > 0) return;
      clearInterval(this.#releasing);
      this.#releasing = undefined;
    }, RELEASE_INTERVAL).unref();
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

/** How long threads wait for this process before they give it up, in milliseconds: long enough for a slow machine, not longer than programs wait for each other. */
const PATIENCE = 2000;
const PATIENCE_PER_THREAD = 10;

/** How long `resume` waits for threads that did not stop in time, and how often it looks for them afterwards, in milliseconds. */
const LAST_CHANCE = 100;
const RELEASE_INTERVAL = 20;

function signalOf(stop: Stop): number {
  return stop.kind === "signal" ? stop.signal : 0;
}

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
