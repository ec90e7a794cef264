import { findFreeAddress } from "../abi/address-space.ts";
import { ERRNO } from "../abi/errno.ts";
import { MAP, PAGE_SIZE, PROT } from "../abi/mman.ts";
import { ALL_SIGNALS } from "../abi/signal.ts";
import { syscallNumber } from "../abi/syscall.ts";
import { type UserReg, userRegOffset } from "../abi/user-regs-x86-64.ts";
import { type MapsEntry, nameOfTask, readMaps, readStatus, readThreads } from "../host/procfs.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { checked, SystemError } from "../host/system-error.ts";
import type { EncodedProgram } from "../program/encode-x86-64.ts";
import type { Query, StoppedThread } from "../seizer.ts";
import { type Ptrace, STOP_TIMEOUT } from "../tracee/ptrace.ts";
import type { AddressSpaceLimits } from "./address-space-limits.ts";
import { assertAskable } from "./askable.ts";
import { InjectedMemory, MOST_INJECTED } from "./injected-memory.ts";
import { unreachable } from "./left-trampolines.ts";
import { whyNoMoreMappings } from "./mapping-limit.ts";
import { PageScan } from "./page-scan.ts";
import { gone, signalToPass, tooSlow } from "./signal-to-pass.ts";
import type { Stop, Stops } from "./stops.ts";
import type { TaskMemory } from "./task-memory.ts";
import { findLeftTrampolines, findUnusedCode } from "./unused-code.ts";
import { placeVisitor, type Visitor } from "./visitor.ts";
import { TRAMPOLINE_AT, trampoline } from "./way-home-x86-64.ts";

/** Flags without the direction flag and without single steps. */
const PLAIN_FLAGS = 0x202;

/** Work in a seized process. It yields whenever the process has to come to a stop, so that work in others can go on. */
export type Work<T = void> = Generator<undefined, T>;

/**
 * Programs that the threads of a seized process run in memory which it maps for them and unmaps again.
 *
 * Rule: whatever happens to this process, each thread goes on where it was stopped. So a thread has, at every instant,
 *
 * 1. its own registers and its own signal mask, or
 * 2. registers that lead through code of ours to its way home, which sets both (`wayHome`), whatever its mask is.
 *
 * A thread leaves (`#send`) by getting foreign registers first and a foreign mask then, and is taken back (`#takeBack`) in the reverse order. A thread whose
 * program has run sleeps until it is taken back, and goes home when nobody comes. No trap is used: the kernel would take pending signals and handlers
 * with it.
 *
 * The call that maps the memory has no such memory to run in: it runs in a trampoline in unused bytes of the vdso, which are put back afterwards.
 *
 * When this process is killed while programs run, the process keeps the memory: its threads leave at different times, and none could tell that it is the last.
 * It keeps the trampoline likewise, until a later checkpoint has no room for its own.
 */
export class Injection {
  readonly #host: RawSyscalls;
  readonly #ptrace: Ptrace;
  readonly #stops: Stops;
  readonly #memory: TaskMemory;
  readonly #limits: AddressSpaceLimits;
  readonly #leader: StoppedThread;
  /** Threads that have foreign registers or a foreign mask. */
  readonly #away = new Set<StoppedThread>();
  /** Threads that the process had before, if its threads make new ones. */
  readonly #known: ReadonlySet<number> | undefined;
  #ownPid: { readonly pid: number | undefined } | undefined;
  /** New threads. They are traced from their birth, and a traced thread is gone only when its tracer has waited for it. */
  readonly #born = new Set<number>();
  readonly #injected: InjectedMemory;
  readonly #visitors: readonly Visitor[];
  readonly #doneWords: number;
  readonly #code: Uint8Array;
  readonly #codeAddress: number;
  #isCodeWritable = true;
  #mapFlags = MAP.PRIVATE | MAP.ANONYMOUS | MAP.FIXED_NOREPLACE;

  /**
   * @param leader a thread of the process, asked or not.
   * @param threads all threads of the process.
   * @param patience how long a thread whose program has run waits to be taken back before it goes home by itself, in milliseconds.
   * @throws SystemError when the process has no room for the trampoline, or a thread cannot be asked.
   */
  constructor(
    host: RawSyscalls,
    ptrace: Ptrace,
    stops: Stops,
    memory: TaskMemory,
    limits: AddressSpaceLimits,
    leader: StoppedThread,
    threads: readonly StoppedThread[],
    questions: readonly Query[],
    patience: number,
  ) {
    this.#host = host;
    this.#ptrace = ptrace;
    this.#stops = stops;
    this.#memory = memory;
    this.#limits = limits;
    this.#leader = leader;
    const maps = readMaps(leader.tgid);
    const isAsked = questions.some(({ thread }) => thread === leader);
    const asked = isAsked ? questions : [...questions, { thread: leader, program: [] }];
    for (const { thread } of asked) assertAskable(thread);
    if (asked.some(({ landlock }) => landlock !== undefined)) this.#known = new Set(threads.map(({ tid }) => tid));
    const injected = new InjectedMemory(findFreeAddress(maps, MOST_INJECTED), asked.length);
    const doneAt = injected.allocate(4 * asked.length);
    this.#injected = injected;
    this.#doneWords = injected.address + doneAt;
    this.#visitors = asked.map((query, index) => {
      const doneWord = this.#doneWords + 4 * index;
      return placeVisitor(injected, query, doneWord, patience, () => this.#pidHere());
    });
    this.#code = trampoline(leader.registers, leader.signalMask, injected);
    this.#codeAddress = this.#findCodeAddress(maps, threads);
  }

  #findCodeAddress(maps: readonly MapsEntry[], threads: readonly StoppedThread[]): number {
    const { tgid } = this.#leader;
    const { length } = this.#code;
    const find = () => findUnusedCode(this.#memory, tgid, maps, length);
    let address = find();
    if (address === undefined) {
      this.#clearTrampolines(maps, threads);
      address = find();
    }
    if (address !== undefined) return address;
    throw new SystemError("ptrace", ERRNO.ENOSPC, `find ${length} unused bytes in the code of ${nameOfTask(tgid)}`);
  }

  /** Clears trampolines that killed checkpoints have left. Only when there is no room for another: it reads everything that the process has written. */
  #clearTrampolines(maps: readonly MapsEntry[], threads: readonly StoppedThread[]): void {
    const { tgid, tid } = this.#leader;
    const left = findLeftTrampolines(this.#memory, tgid, maps);
    const pages = new PageScan(this.#host, tgid);
    try {
      for (const { start, end } of unreachable(left, this.#memory, tgid, maps, threads, pages))
        this.#memory.force(tid, start, new Uint8Array(end - start));
    } finally {
      pages.close();
    }
  }

  /** Threads that did not stop. They go home without help once they are resumed. */
  get strays(): readonly StoppedThread[] {
    return [...this.#away];
  }

  /** Runs all programs at once, and takes the threads back. Throws a SystemError if a thread ends, or if its program does not. Can be called once. */
  *ask(): Work {
    yield* this.#map();
    let failure: unknown;
    try {
      yield* this.#run();
    } catch (error) {
      failure = error;
    }
    for (const tid of this.#born) this.#ptrace.waitForEnd(tid);
    const areBack = yield* this.#recall();
    // One that went home by itself may be in a signal handler that returns to our memory.
    if (areBack) yield* this.#unmap();
    if (failure !== undefined) throw failure;
    for (const visitor of this.#visitors) {
      takeAnswers(visitor.encoded);
      visitor.takeAnswers();
    }
  }

  /** Maps the memory. The leader is then at home, or on its way into it. */
  *#map(): Work {
    const thread = this.#leader;
    this.#memory.force(thread.tid, this.#codeAddress, this.#code);
    let result = yield* this.#mapAsAllowed();
    if (result === -ERRNO.ENOMEM) {
      const putBack = this.#limits.raise(thread.tgid);
      try {
        if (putBack !== undefined) result = yield* this.#mapAsAllowed();
      } finally {
        putBack?.();
      }
    }
    this.#takeBack(thread);
    this.#memory.force(thread.tid, this.#codeAddress, new Uint8Array(this.#code.length));
    checked(result, "mmap", () => `map memory in ${nameOfTask(thread.tgid)}${this.#whyFull(result)}`);
  }

  /** The limit that a process has reached when it cannot map the memory, for an error. */
  #whyFull(result: number): string {
    if (result !== -ERRNO.ENOMEM) return "";
    const { tgid } = this.#leader;
    return whyNoMoreMappings(tgid) ?? this.#limits.whyFull(tgid);
  }

  *#mapAsAllowed(): Work<number> {
    const { address, size, codeSize } = this.#injected;
    let result = yield* this.#mapInTrampoline(address, size, PROT.READ | PROT.WRITE | PROT.EXEC);
    if (result === -ERRNO.ENOMEM) {
      // It may have no more room for data (RLIMIT_DATA), and stacks do not count as data.
      this.#mapFlags |= MAP.GROWSDOWN;
      result = yield* this.#mapInTrampoline(address, size, PROT.READ | PROT.WRITE | PROT.EXEC);
    }
    this.#isCodeWritable = result !== -ERRNO.EACCES;
    if (this.#isCodeWritable) return result;
    result = yield* this.#mapInTrampoline(address, codeSize, PROT.READ | PROT.EXEC);
    if (result < 0) return result;
    result = yield* this.#mapInTrampoline(address + codeSize, size - codeSize, PROT.READ | PROT.WRITE);
    // A limit can leave room for the code alone.
    if (result < 0) yield* this.#callInTrampoline(TRAMPOLINE_AT.unmap, {});
    return result;
  }

  #mapInTrampoline(address: number, length: number, protection: number): Work<number> {
    return this.#callInTrampoline(TRAMPOLINE_AT.map, {
      ax: syscallNumber("mmap"),
      di: address,
      si: length,
      dx: protection,
      r10: this.#mapFlags,
      r8: -1,
      r9: 0,
    });
  }

  *#unmap(): Work {
    const thread = this.#leader;
    this.#memory.force(thread.tid, this.#codeAddress, this.#code);
    yield* this.#callInTrampoline(TRAMPOLINE_AT.unmap, {});
    this.#takeBack(thread);
    this.#memory.force(thread.tid, this.#codeAddress, new Uint8Array(this.#code.length));
  }

  *#run(): Work {
    const injected = this.#injected;
    const { address, content } = injected;
    this.#write();
    for (const { thread, start } of this.#visitors) {
      this.#send(thread, { ip: start });
      checked(this.#ptrace.resume(thread.tid), "ptrace(PTRACE_CONT)", () => `query ${nameOfTask(thread.tid)}`);
    }
    yield;
    this.#awaitDone();
    for (const { thread } of this.#visitors) this.#ptrace.interrupt(thread.tid);
    yield;
    for (const { thread } of this.#visitors) this.#awaitInterrupt(thread);
    for (const { thread } of this.#visitors) this.#checkPlace(thread);
    const answers = this.#memory.read(this.#leader.tgid, address, content.length);
    if (answers === undefined) throw new SystemError("process_vm_readv", ERRNO.EFAULT, "read the answers of a task");
    injected.update(answers);
  }

  #write(): void {
    const { address, codeSize, code, content } = this.#injected;
    const { tgid, tid } = this.#leader;
    if (this.#isCodeWritable) {
      this.#memory.write(tgid, address, content);
      return;
    }
    for (let at = 0; at < code.length; at += PAGE_SIZE)
      this.#memory.force(tid, address + at, code.subarray(at, at + PAGE_SIZE));
    this.#memory.write(tgid, address + codeSize, content.subarray(codeSize));
  }

  /** Takes back all threads that are away, whatever they do. Returns whether every one of them was still in the memory. */
  *#recall(): Work<boolean> {
    for (const { tid } of this.#away) if (this.#whereIs(tid) === undefined) this.#ptrace.interrupt(tid);
    yield;
    let areBack = true;
    for (const thread of this.#away) {
      try {
        if (this.#whereIs(thread.tid) === undefined) this.#awaitInterrupt(thread);
        if (this.#injected.isInside(this.#whereIs(thread.tid) ?? 0)) {
          this.#takeBack(thread);
          continue;
        }
        // At home, it was stopped before a signal that it must not lose: it is a stray until it has received it.
        if (this.#stops.poll(thread.tid)?.kind === "signal") this.#ptrace.interrupt(thread.tid);
        else this.#away.delete(thread);
      } catch {
        // It has ended, or is a stray.
      }
      areBack = false;
    }
    return areBack;
  }

  /** Makes one call and stops at its end. Returns its result. */
  *#callInTrampoline(at: number, values: Partial<Record<UserReg, number>>): Work<number> {
    const thread = this.#leader;
    this.#send(thread, { ...values, ip: this.#codeAddress + at });
    let signal = 0;
    for (let stops = 0; stops < 2; ) {
      this.#ptrace.resumeToSyscall(thread.tid, signal);
      yield;
      const stop = this.#awaitStop(thread);
      if (stop.kind === "syscall") stops++;
      signal = signalToPass(thread, stop);
    }
    const view = new DataView(this.#ptrace.getRegisters(thread.tid).buffer);
    return Number(view.getBigInt64(userRegOffset("ax"), true));
  }

  /**
   * Sends a thread into code that leads it home. Its own mask first, without the one that sigsuspend(2) and others put in its place for a while: signals that only
   * that one lets through have to find the thread in the call.
   */
  #send(thread: StoppedThread, values: Partial<Record<UserReg, number>>): void {
    const { tid, registers, signalMask } = thread;
    const changed = registers.slice();
    const view = new DataView(changed.buffer);
    for (const [name, value] of Object.entries({ orig_ax: -1, flags: PLAIN_FLAGS, ...values }))
      view.setBigInt64(userRegOffset(name as UserReg), BigInt(value), true);
    this.#away.add(thread);
    const what = () => `query ${nameOfTask(tid)}`;
    checked(this.#ptrace.setSignalMask(tid, signalMask), "ptrace(PTRACE_SETSIGMASK)", what);
    checked(this.#ptrace.setRegisters(tid, changed), "ptrace(PTRACE_SETREGS)", what);
    checked(this.#ptrace.setSignalMask(tid, ALL_SIGNALS), "ptrace(PTRACE_SETSIGMASK)", what);
  }

  /**
   * Puts a thread back to where it was stopped. An interrupted call is made again by the kernel, as after any stop: also after that of a system call, since a
   * thread whose tracer detaches or dies looks for signals on its way.
   */
  #takeBack(thread: StoppedThread): void {
    const { tid, registers, signalMask } = thread;
    const what = () => `return ${nameOfTask(tid)} to its own code`;
    checked(this.#ptrace.setSignalMask(tid, signalMask), "ptrace(PTRACE_SETSIGMASK)", what);
    checked(this.#ptrace.setRegisters(tid, registers), "ptrace(PTRACE_SETREGS)", what);
    this.#away.delete(thread);
  }

  /** Looks at the words that say so, from outside: no stop tells it. */
  #awaitDone(): void {
    const end = performance.now() + STOP_TIMEOUT;
    const length = 4 * this.#visitors.length;
    for (let tries = 0; ; tries++) {
      const isLast = performance.now() > end;
      const words = this.#memory.read(this.#leader.tgid, this.#doneWords, length);
      if (words === undefined) throw gone(this.#leader);
      const view = new DataView(words.buffer);
      if (this.#visitors.every((_, index) => view.getUint32(4 * index, true) === 1)) return;
      if (tries < 50) continue;
      for (const { thread } of this.#visitors) {
        const stop = this.#stops.poll(thread.tid);
        if (stop !== undefined) this.#ptrace.resume(thread.tid, signalToPass(thread, stop));
      }
      this.#startBorn();
      if (isLast) throw new SystemError("rt_sigtimedwait", ERRNO.ETIMEDOUT, `query ${nameOfTask(this.#leader.tgid)}`);
      this.#host.sleep(50);
    }
  }

  /** Lets new threads go on from the stop at their birth. */
  #startBorn(): void {
    if (this.#known === undefined) return;
    for (const tid of readThreads(this.#leader.tgid)) {
      if (this.#known.has(tid) || this.#born.has(tid) || this.#stops.poll(tid)?.kind !== "interrupt") continue;
      this.#born.add(tid);
      this.#ptrace.resume(tid);
    }
  }

  /** The pid of this process as the asked process sees it; undefined when that is in another pid namespace than this /proc. */
  #pidHere(): number | undefined {
    if (this.#ownPid === undefined) {
      const pids = readStatus(this.#leader.tgid)?.get("NSpid")?.trim().split(/\s+/) ?? [];
      this.#ownPid = { pid: pids.length === 1 ? this.#host.syscall("getpid") : undefined };
    }
    return this.#ownPid.pid;
  }

  #awaitInterrupt(thread: StoppedThread): void {
    for (;;) {
      const stop = this.#awaitStop(thread);
      if (stop.kind === "interrupt") return;
      this.#ptrace.resume(thread.tid, signalToPass(thread, stop));
    }
  }

  #awaitStop(thread: StoppedThread): Stop {
    const stop = this.#stops.wait(thread.tid, STOP_TIMEOUT);
    if (stop === undefined) throw new SystemError("waitid", ERRNO.ETIMEDOUT, `stop ${nameOfTask(thread.tid)}`);
    return stop;
  }

  /** Is it where its program sleeps? */
  #checkPlace({ tid }: StoppedThread): void {
    if (this.#injected.isInInterpreter(this.#whereIs(tid) ?? 0)) return;
    throw tooSlow(tid);
  }

  /** Its instruction pointer; undefined when it is not stopped. */
  #whereIs(tid: number): number | undefined {
    const registers = this.#ptrace.tryGetRegisters(tid);
    if (registers === undefined) return undefined;
    return Number(new DataView(registers.buffer).getBigUint64(userRegOffset("ip"), true));
  }
}

function takeAnswers(encoded: EncodedProgram): void {
  const outcome = encoded.collect();
  if (!outcome.finished) throw new SystemError("ptrace", ERRNO.EIO, "query a task: a call did not return");
}
