import { ERRNO } from "../abi/errno.ts";
import { MAP, PAGE_SIZE, PROT } from "../abi/mman.ts";
import { PTRACE_EVENT_STOP } from "../abi/ptrace.ts";
import { SIG } from "../abi/signal.ts";
import { syscallNumber } from "../abi/syscall.ts";
import { type UserReg, userRegOffset } from "../abi/user-regs-x86-64.ts";
import { waitStatus } from "../abi/wait.ts";
import type { Host } from "../host/host.ts";
import { type MapsEntry, readMaps } from "../host/procfs.ts";
import { checked, SystemError } from "../host/system-error.ts";
import { type EncodedProgram, encodeProgram, type ProgramMemory, writeWord } from "../program/encode-x86-64.ts";
import { INTERPRETER_OFFSETS, interpreterCode } from "../program/interpreter-x86-64.ts";
import type { Data, Step, SyscallStep } from "../program/program.ts";
import type { Query, StoppedThread } from "../seizer.ts";
import { type Ptrace, STOP_TIMEOUT } from "../tracee/ptrace.ts";
import { findFreeAddress } from "../zone/zone.ts";
import { signalFrame } from "./signal-frame-x86-64.ts";
import type { TaskMemory } from "./task-memory.ts";

/** A stop at the start or the end of a system call: SIGTRAP with the bit of PTRACE_O_TRACESYSGOOD. */
const SYSCALL_STOP = SIG.TRAP | 0x80;
const ALL_SIGNALS = 0xffff_ffff_ffff_ffffn;
/** How long a thread whose program has run waits to be taken back before it goes on by itself, in seconds. */
const PATIENCE = 5;
/** Memory of a process: a part of its own, and one of each thread. */
const BASE_SIZE = 64 * 1024;
const THREAD_SIZE = 16 * 1024;

const SLOTS_AT = 1024;
/** Words that programs set when they have run. */
const DONE_AT = PAGE_SIZE;

/** Told of a signal that came while a thread was being asked. */
export type HoldSignal = (held: { readonly thread: StoppedThread; readonly signal: number }) => void;

/** Work in a frozen process that lets others go on with theirs (yields) whenever the process has to come to a stop. */
export type Work = Generator<undefined, void>;

/**
 * Memory that a frozen process maps, and programs that its threads run there, without a trap: a trap would take signals and handlers with it.
 * When a thread has run its program it sleeps until it is taken back to where it was. When nobody does it goes back by itself, with rt_sigreturn.
 *
 * Layout: [interpreter, slots][done words][heap].
 */
export class Injection {
  readonly #host: Host;
  readonly #ptrace: Ptrace;
  readonly #memory: TaskMemory;
  readonly #leader: StoppedThread;
  readonly #hold: HoldSignal;
  readonly #address: number;
  readonly #size: number;
  readonly #syscall: number;

  constructor(
    host: Host,
    ptrace: Ptrace,
    memory: TaskMemory,
    leader: StoppedThread,
    threads: number,
    hold: HoldSignal,
  ) {
    this.#host = host;
    this.#ptrace = ptrace;
    this.#memory = memory;
    this.#leader = leader;
    this.#hold = hold;
    this.#size = BASE_SIZE + threads * THREAD_SIZE;
    const maps = readMaps(leader.tgid);
    this.#address = findFreeAddress(maps, this.#size);
    this.#syscall = findSyscall(memory, leader.tgid, maps);
  }

  /** Runs all programs at once, and puts the threads back. Throws a SystemError when a thread ends or its program does not. To be used once. */
  *ask(questions: readonly Query[]): Work {
    const heap = new Heap(this.#address, this.#size);
    heap.bytes.set(interpreterCode());
    const started = questions.map(({ thread, program }, index) => {
      const encoded = encodeProgram(program.map(tolerant), heap);
      encoded.continueAt(encodeProgram(this.#epilogue(index), heap).address);
      const frame = this.#frame(heap, thread);
      const slot = SLOTS_AT + 8 * index;
      writeWord(heap.words, slot >> 2, encoded.address);
      return { thread, program, encoded, stackPointer: frame, slot: this.#address + slot };
    });
    yield* this.#open();
    this.#memory.write(this.#leader.tgid, this.#address, heap.bytes.subarray(0, heap.used));
    for (const { thread, stackPointer, slot } of started) {
      this.#ptrace.setSignalMask(thread.tid, ALL_SIGNALS);
      // No direction flag, no single steps.
      const flags = 0x202;
      this.#setRegisters(thread, { ip: this.#address + INTERPRETER_OFFSETS.entry, r12: slot, sp: stackPointer, flags });
      checked(this.#ptrace.resume(thread.tid), "ptrace(PTRACE_CONT)", `ask task ${thread.tid}`);
    }
    yield;
    this.#awaitDone(started.map(({ thread }) => thread));
    for (const { thread } of started) this.#ptrace.interrupt(thread.tid);
    yield;
    for (const { thread } of started) this.#awaitStop(thread, (event) => event === PTRACE_EVENT_STOP);
    for (const { thread } of started) this.#checkPlace(thread);
    const memory = this.#memory.read(this.#leader.tgid, this.#address, heap.used);
    for (const { thread } of started) this.#giveBack(thread);
    yield* this.#close();
    if (memory === undefined) throw new SystemError("process_vm_readv", ERRNO.EFAULT, "read the answers of a task");
    heap.bytes.set(memory);
    for (const { encoded } of started) takeAnswers(encoded);
  }

  /** Maps the memory. Throws a SystemError. */
  *#open(): Work {
    const result = yield* this.#call("mmap", [
      this.#address,
      this.#size,
      PROT.READ | PROT.WRITE | PROT.EXEC,
      MAP.PRIVATE | MAP.ANONYMOUS | MAP.FIXED_NOREPLACE,
      -1,
      0,
    ]);
    yield* this.#takeBack();
    checked(result, "mmap", `map memory in task ${this.#leader.tgid}`);
  }

  /** Takes the memory away. */
  *#close(): Work {
    yield* this.#call("munmap", [this.#address, this.#size]);
    yield* this.#takeBack();
  }

  /** Says that the program has run, sleeps until somebody comes, and goes back alone when nobody does. */
  #epilogue(index: number): readonly Step[] {
    const one: Data = { kind: "data", bytes: new Uint8Array([1, 0, 0, 0]), fields: [], output: false };
    const timeout: Data = {
      kind: "data",
      bytes: new Uint8Array(BigInt64Array.of(BigInt(PATIENCE), 0n).buffer),
      fields: [],
      output: false,
    };
    return [
      { kind: "copy", to: this.#address + DONE_AT + 4 * index, from: one },
      // Not a sleep: the kernel would forget the one that the thread was in.
      {
        kind: "syscall",
        name: "ppoll",
        args: [0, 0, { kind: "address", data: timeout, offset: 0 }, 0, 0],
        allowed: "any",
      },
      { kind: "syscall", name: "rt_sigreturn", args: [], allowed: "any" },
    ];
  }

  /** Returns the stack pointer with which rt_sigreturn finds the frame. */
  #frame(heap: Heap, thread: StoppedThread): number {
    const area = this.#ptrace.getExtendedState(thread.tid);
    const room = heap.allocate(area.length + 1024);
    const at = (room + 63) & ~63;
    const frame = signalFrame(this.#address + at, thread.registers, thread.signalMask, area);
    heap.bytes.set(frame.bytes, at);
    return frame.stackPointer;
  }

  /** Makes one call by syscall stops, at an instruction that the process has. Returns its result; the thread stays at its end. */
  *#call(name: SyscallStep["name"], args: readonly number[]): Generator<undefined, number> {
    const thread = this.#leader;
    const [di = 0, si = 0, dx = 0, r10 = 0, r8 = 0, r9 = 0] = args;
    this.#ptrace.setSignalMask(thread.tid, ALL_SIGNALS);
    this.#setRegisters(thread, { ax: syscallNumber(name), di, si, dx, r10, r8, r9, ip: this.#syscall, flags: 0x202 });
    for (let stops = 0; stops < 2; stops++) {
      this.#ptrace.resumeToSyscall(thread.tid);
      yield;
      this.#awaitStop(thread, (_event, signal) => signal === SYSCALL_STOP, true);
    }
    const view = new DataView(this.#ptrace.getRegisters(thread.tid).buffer);
    return Number(view.getBigInt64(userRegOffset("ax"), true));
  }

  /** From the end of a call back to a stop like that in which it was found, from which the kernel restarts interrupted calls. */
  *#takeBack(): Work {
    const thread = this.#leader;
    this.#giveBack(thread);
    this.#ptrace.interrupt(thread.tid);
    this.#ptrace.resume(thread.tid);
    yield;
    this.#awaitStop(thread, (event) => event === PTRACE_EVENT_STOP);
  }

  #giveBack({ tid, registers, signalMask }: StoppedThread): void {
    checked(this.#ptrace.setRegisters(tid, registers), "ptrace(PTRACE_SETREGS)", `put task ${tid} back`);
    checked(this.#ptrace.setSignalMask(tid, signalMask), "ptrace(PTRACE_SETSIGMASK)", `put task ${tid} back`);
  }

  #setRegisters({ tid, registers }: StoppedThread, values: Partial<Record<UserReg, number>>): void {
    const changed = registers.slice();
    const view = new DataView(changed.buffer);
    for (const [name, value] of Object.entries({ orig_ax: -1, ...values }))
      view.setBigInt64(userRegOffset(name as UserReg), BigInt(value), true);
    checked(this.#ptrace.setRegisters(tid, changed), "ptrace(PTRACE_SETREGS)", `ask task ${tid}`);
  }

  /** Looks at the words that say so, from outside: no stop tells it. */
  #awaitDone(threads: readonly StoppedThread[]): void {
    const end = performance.now() + STOP_TIMEOUT;
    for (let tries = 0; ; tries++) {
      const words = this.#memory.read(this.#leader.tgid, this.#address + DONE_AT, 4 * threads.length);
      if (words === undefined) throw gone(this.#leader);
      const view = new DataView(words.buffer);
      if (threads.every((_, index) => view.getUint32(4 * index, true) === 1)) return;
      if (tries < 50) continue;
      this.#host.sleep(50);
      for (const thread of threads) {
        const raw = this.#ptrace.poll(thread.tid);
        if (raw === undefined) continue;
        this.#goOn(thread, raw, false);
      }
      if (performance.now() > end) throw new SystemError("ppoll", ERRNO.ETIMEDOUT, "ask a task: it does not answer");
    }
  }

  #awaitStop(thread: StoppedThread, isWanted: (event: number, signal: number) => boolean, toSyscall = false): void {
    for (;;) {
      const raw = this.#ptrace.wait(thread.tid, STOP_TIMEOUT);
      if (raw === undefined) throw new SystemError("wait4", ERRNO.ETIMEDOUT, `stop task ${thread.tid}`);
      const status = raw === "gone" ? undefined : waitStatus(raw);
      if (status?.kind === "stopped" && isWanted(status.event, status.signal)) return;
      this.#goOn(thread, raw, toSyscall);
    }
  }

  /** A stop that nobody waits for: of a signal that cannot be blocked, kept for later, or of a group that was stopped. */
  #goOn(thread: StoppedThread, raw: number | "gone", toSyscall: boolean): void {
    const status = raw === "gone" ? undefined : waitStatus(raw);
    if (status?.kind !== "stopped") throw gone(thread);
    if (status.event === 0) this.#hold({ thread, signal: status.signal });
    if (toSyscall) this.#ptrace.resumeToSyscall(thread.tid);
    else this.#ptrace.resume(thread.tid);
  }

  /** Is it where its program sleeps? */
  #checkPlace(thread: StoppedThread): void {
    const view = new DataView(this.#ptrace.getRegisters(thread.tid).buffer);
    const ip = Number(view.getBigUint64(userRegOffset("ip"), true));
    if (ip >= this.#address && ip < this.#address + PAGE_SIZE) return;
    throw new SystemError("ptrace", ERRNO.ETIMEDOUT, `keep task ${thread.tid} frozen: this process was too slow`);
  }
}

function gone({ tid }: StoppedThread): SystemError {
  return new SystemError("wait4", ERRNO.ESRCH, `ask task ${tid}: it has ended`);
}

/** An error is an answer too. */
function tolerant(step: Step): Step {
  return step.kind === "syscall" ? Object.assign(step, { allowed: "any" as const }) : step;
}

function takeAnswers(encoded: EncodedProgram): void {
  const outcome = encoded.collect();
  if (!outcome.finished) throw new SystemError("ppoll", ERRNO.EIO, "ask a task: a call did not come back");
}

/** The `syscall` instruction of the vdso, or of any other code that the process has. */
function findSyscall(memory: TaskMemory, pid: number, maps: readonly MapsEntry[]): number {
  const code = maps.filter(({ permissions }) => permissions[2] === "x");
  const vdsoFirst = code.sort((a, b) => Number(b.name === "[vdso]") - Number(a.name === "[vdso]"));
  for (const { start, end, name } of vdsoFirst) {
    if (name === "[vsyscall]") continue;
    const bytes = memory.read(pid, start, Math.min(end - start, 4 * 1024 * 1024));
    for (let at = bytes?.indexOf(0x0f) ?? -1; bytes !== undefined && at >= 0; at = bytes.indexOf(0x0f, at + 1))
      if (bytes[at + 1] === 0x05) return start + at;
  }
  throw new SystemError("ptrace", ERRNO.ENOENT, `find a syscall instruction in task ${pid}`);
}

/** A copy of the memory, written as a whole before anything runs. */
class Heap implements ProgramMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly address: number;
  #used = 2 * PAGE_SIZE;

  constructor(address: number, size: number) {
    this.address = address;
    this.bytes = new Uint8Array(size);
    this.words = new Int32Array(this.bytes.buffer);
  }

  get used(): number {
    return this.#used;
  }

  allocate(size: number): number {
    const at = this.#used;
    if (at + size > this.bytes.length) throw new RangeError(`Cannot place ${size} bytes in the memory of a task`);
    this.#used = (at + size + 7) & ~7;
    return at;
  }
}
