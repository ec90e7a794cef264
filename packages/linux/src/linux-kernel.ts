import { closeSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { ERRNO, errnoText } from "./abi/errno.ts";
import { MAP, MREMAP, PAGE_SIZE, PROT, TASK_SIZE } from "./abi/mman.ts";
import { PR } from "./abi/prctl.ts";
import { PTRACE_O, SYSCALL_STOP } from "./abi/ptrace.ts";
import { RLIMIT } from "./abi/resource.ts";
import { CLONE, CLONE_ARGS } from "./abi/sched.ts";
import { KERNEL_SIGACTION_SIZE, NSIG, SIG, SIGSET_SIZE, signalBit } from "./abi/signal.ts";
import { syscallNumber } from "./abi/syscall.ts";
import { CLOCK } from "./abi/time.ts";
import { type UserReg, userRegOffset } from "./abi/user-regs-x86-64.ts";
import { waitStatus } from "./abi/wait.ts";
import { openForeignFunctions } from "./ffi/foreign-functions.ts";
import { findFreeAddress } from "./host/address-space.ts";
import { executeProgram } from "./host/execute-program.ts";
import { createFile, giveFile, listDirectory, makeDirectory, readInode } from "./host/file-system.ts";
import { pathBytes } from "./host/path-bytes.ts";
import {
  findZombies,
  pidHolder,
  readChildren,
  readLink,
  readMaps,
  readStat,
  readStatus,
  readText,
  readThreads,
  socketHolder,
} from "./host/procfs.ts";
import { RawSyscalls } from "./host/raw-syscalls.ts";
import { runProgram } from "./host/run-program.ts";
import { checked, SystemError } from "./host/system-error.ts";
import { Janitor } from "./janitor.ts";
import type {
  Birth,
  ConcludedThread,
  Exit,
  FileStat,
  FinalState,
  InitOptions,
  Kernel,
  KernelHost,
  ParkedMapping,
  Stub,
  StubOptions,
  Tracee,
} from "./kernel.ts";
import { isSuccess } from "./program/encode-x86-64.ts";
import type { Data, Operand, Program, Step, SyscallStep } from "./program/program.ts";
import { PARKING_SIZE, RESTORER_AREA_SIZE, RestorerArea, type Slot } from "./restorer-area/restorer-area.ts";
import { PtraceSeizer } from "./seizer/ptrace-seizer.ts";
import type { Seizer } from "./seizer.ts";
import { bootStub, withRegisters } from "./stub/boot.ts";
import { initCode } from "./stub/init-x86-64.ts";
import { BatchRunner } from "./tracee/batch-runner.ts";
import { layExtendedState } from "./tracee/extended-state-x86-64.ts";
import { Ptrace, STOP_TIMEOUT } from "./tracee/ptrace.ts";

/** Opens the real kernel. Throws when this runtime or host gives no way to call it. */
export async function openKernel(): Promise<LinuxKernel> {
  return new LinuxKernel(new RawSyscalls(await openForeignFunctions()));
}

/**
 * The Kernel of this machine, driven by ptrace.
 *
 * Precondition: all calls come from the thread that created it. Requires CAP_SYS_PTRACE for tasks that changed their
 * credentials, and what the programs need.
 */
export class LinuxKernel implements Kernel {
  readonly recording = false;
  readonly host: KernelHost;
  readonly #host: RawSyscalls;
  readonly #ptrace: Ptrace;
  readonly #slots = new Map<Tracee, Slot>();
  /** The first processes of pid namespaces. */
  readonly #inits = new Set<Tracee>();
  /** Leaders of processes that were let go into a stop, before the others run. */
  #stopped: Tracee[] = [];
  #area: RestorerArea | undefined;
  #janitor: Janitor | undefined;
  #runner: BatchRunner | undefined;
  #stub: Tracee | undefined;
  #options = 0;
  #registers: Uint8Array = new Uint8Array();
  #extendedState: Uint8Array = new Uint8Array();

  constructor(host: RawSyscalls) {
    this.#host = host;
    this.#ptrace = new Ptrace(host);
    this.host = {
      runId: `${process.pid}-${Math.random().toString(36).slice(2, 10)}`,
      pid: process.pid,
      call: (step) => host.run(step),
      writeFile: (path, text) => writeProcFile(path, text),
      stat: statFile,
      readText,
      readLink,
      list: listDirectory,
      inode: readInode,
      makeDirectory,
      createFile,
      giveFile,
      readBytes,
      pidHolder,
      findZombies,
      socketHolder,
      runProgram,
      cpuid: (leaf, subleaf) => host.cpuid(leaf, subleaf),
      clock: (clock) => readClock(host, clock),
    };
  }

  /** Raw system calls of this process, for those who build on this package. */
  get raw(): RawSyscalls {
    return this.#host;
  }

  openSeizer(): Seizer {
    return new PtraceSeizer(this.#host);
  }

  async createStub(options: StubOptions): Promise<Stub> {
    const region = findFreeAddress(options.occupied, PARKING_SIZE + RESTORER_AREA_SIZE + PAGE_SIZE);
    const area = new RestorerArea(this.#host, region + PARKING_SIZE);
    this.#area = area;
    this.#runner = new BatchRunner(this.#host, this.#ptrace, area, this.#slots, options.timeout, (tracee) =>
      this.#slots.delete(tracee),
    );
    this.#options = PTRACE_O.EXITKILL | PTRACE_O.TRACESYSGOOD | (options.suspendSeccomp ? PTRACE_O.SUSPEND_SECCOMP : 0);
    const stubPage = region + PARKING_SIZE + RESTORER_AREA_SIZE;
    const { root } = options;
    const start = root === undefined ? undefined : { sibling: true, ...root };
    const { pid, slot, registers } = bootStub(this.#host, this.#ptrace, area, stubPage, this.#options, { start });
    const tracee: Tracee = { tid: pid, tgid: pid, inPidNamespace: root?.newPidNamespace === true };
    if (root === undefined) this.#stub = tracee;
    else if (root.newPidNamespace) this.#inits.add(tracee);
    this.#slots.set(tracee, slot);
    this.#registers = registers;
    this.#extendedState = this.#ptrace.getExtendedState(pid);
    const { program, vdso } = stubProgram(pid, area, this.#highestNumberOfFiles());
    await this.#runner.run(tracee, program);
    const vdsoText = this.#readVdso(pid, vdso);
    if (options.init !== undefined) await this.#forkInit(tracee, options.init);
    return { tracee: this.#stub ?? tracee, vdso, vdsoText, scratch: area.scratch, restorerArea: area.region };
  }

  run(tracee: Tracee, program: Program): Promise<void> {
    if (program.length === 0) return Promise.resolve();
    if (this.#runner === undefined) throw new Error("Cannot run a program: there is no stub");
    return this.#runner.run(tracee, program);
  }

  async adopt(birth: Birth): Promise<Tracee> {
    const area = this.#requireArea();
    const { forker, id, thread, newPidNamespace } = birth;
    const tid = forker.inPidNamespace === true ? this.#findTid(birth) : id;
    const raw = this.#ptrace.wait(tid, STOP_TIMEOUT);
    const status = typeof raw === "number" ? waitStatus(raw) : undefined;
    if (status?.kind !== "stopped") throw new Error(`Cannot take over task ${tid}: it ended before its first stop`);
    const tracee: Tracee = {
      tid,
      tgid: thread ? forker.tgid : tid,
      // The stub may have chosen another one for its children (setns).
      inPidNamespace: forker.inPidNamespace === true || newPidNamespace || (forker === this.#stub && isInside(tid)),
    };
    if (newPidNamespace) this.#inits.add(tracee);
    this.#slots.set(tracee, area.addSlot());
    this.#setRegisters(tracee, { ip: area.entry });
    return tracee;
  }

  call(tracee: Tracee, step: SyscallStep): number {
    const area = this.#requireArea();
    const [di = 0, si = 0, dx = 0, r10 = 0, r8 = 0, r9 = 0] = step.args.map((value) => placeArgument(value, area));
    this.#setRegisters(tracee, { ax: syscallNumber(step.name), di, si, dx, r10, r8, r9, ip: area.single });
    this.#stepSyscall(tracee);
    this.#stepSyscall(tracee);
    const registers = this.#ptrace.getRegisters(tracee.tid);
    const view = new DataView(registers.buffer);
    step.result = Number(view.getBigInt64(userRegOffset("ax"), true));
    return step.result;
  }

  conclude(processes: readonly (readonly ConcludedThread[])[]): void {
    for (const threads of processes) for (const thread of threads) this.#makeLastCalls(thread);
    this.#unmapAreas(processes.flatMap(([leader]) => leader?.tracee ?? []));
    for (const threads of processes) for (const { tracee, state } of threads) this.#setFinalState(tracee.tid, state);
  }

  resume(tracees: readonly Tracee[]): readonly Tracee[] {
    return tracees.filter((tracee) => {
      this.#slots.delete(tracee);
      return this.#ptrace.detach(tracee.tid, 0) < 0;
    });
  }

  resumeStopped(threads: readonly Tracee[], signal: number): readonly Tracee[] {
    const [leader] = threads;
    if (leader === undefined) return [];
    if (this.#ptrace.detach(leader.tid, signal) < 0) return [leader];
    this.#slots.delete(leader);
    this.#stopped.push(leader);
    // The leader's signal stops the whole group; the others are let go only when it has.
    const end = performance.now() + STOP_TIMEOUT;
    while (readStat(leader.tid)?.state !== "T" && performance.now() < end) this.#host.sleep(100);
    return this.resume(threads.slice(1));
  }

  async end(tracee: Tracee, exit: Exit): Promise<void> {
    const { tid } = tracee;
    if (exit.signal !== undefined) {
      checked(this.#ptrace.setSignalMask(tid, 0n), "ptrace(PTRACE_SETSIGMASK)", `end task ${tid}`);
      // A task that has run no program is in a stop in which no signal can be given to it: then this one stops it again.
      this.#host.syscall("kill", tid, exit.signal);
      this.#ptrace.resume(tid, exit.signal);
    } else {
      const code = exit.code ?? 0;
      this.#setRegisters(tracee, { ax: syscallNumber("exit_group"), di: code, ip: this.#requireArea().single });
      this.#ptrace.resume(tid);
    }
    let raw = this.#ptrace.wait(tid, STOP_TIMEOUT);
    let status = typeof raw === "number" ? waitStatus(raw) : undefined;
    if (status?.kind === "stopped" && status.signal === exit.signal) {
      this.#ptrace.resume(tid, exit.signal);
      raw = this.#ptrace.wait(tid, STOP_TIMEOUT);
      status = typeof raw === "number" ? waitStatus(raw) : undefined;
    }
    const ended = exit.signal === undefined ? "exited" : "killed";
    if (status?.kind !== ended) throw new Error(`Cannot end task ${tid}: its wait status is ${raw}`);
    this.#slots.delete(tracee);
  }

  /** Resolves when a child of this process has ended, reaping it; the event loop goes on meanwhile. */
  async waitForExit(pid: number): Promise<Exit> {
    for (let pause = 1; ; pause = Math.min(2 * pause, 100)) {
      const raw = this.#ptrace.poll(pid);
      if (raw === "gone") return { code: undefined, signal: undefined };
      const status = raw === undefined ? undefined : waitStatus(raw);
      if (status?.kind === "exited") return { code: status.code, signal: undefined };
      if (status?.kind === "killed") return { code: undefined, signal: status.signal };
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async killAll(): Promise<readonly number[]> {
    const left = [...this.#killTracees()];
    this.#runner?.abandon();
    // Who waited for programs that did not come to their end now takes over what these have forked.
    await new Promise((resolve) => setImmediate(resolve));
    left.push(...this.#killTracees());
    return left;
  }

  #killTracees(): readonly number[] {
    // Those that were let go into a stop come last: they are ours to reap when their parents have gone.
    const tracees = [...this.#slots.keys(), ...this.#stopped];
    this.#stopped = [];
    if (tracees.length === 0) return [];
    // Children of tasks that die come to us, so that they are reaped now and their pids are free again at once.
    const before = this.#subreaper();
    this.#host.syscall("prctl", PR.SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    for (const { tid, tgid } of tracees) if (tid === tgid) this.#host.syscall("kill", tid, SIG.KILL);
    const left: number[] = [];
    // Threads first: a leader is not reported dead while one of its threads is. Nor is the init of a pid namespace while somebody is in it: the
    // last of its threads to die, whichever that is, waits for all others.
    const inits = new Set([...this.#inits].map(({ tgid }) => tgid));
    const rank = ({ tid, tgid }: Tracee) => (inits.has(tgid) ? 2 : 0) + (tid === tgid ? 1 : 0);
    for (const tracee of [...tracees].sort((a, b) => rank(a) - rank(b))) {
      if (!this.#ptrace.waitForEnd(tracee.tid)) left.push(tracee.tid);
      this.#slots.delete(tracee);
    }
    this.#host.syscall("prctl", PR.SET_CHILD_SUBREAPER, before, 0, 0, 0);
    return left;
  }

  pushUndo(steps: Program): () => void {
    this.#janitor ??= new Janitor(this.#host, this.#ptrace);
    return this.#janitor.push(steps);
  }

  async runUndo(): Promise<readonly string[]> {
    const failed = this.#janitor?.run() ?? [];
    this.#janitor = undefined;
    return failed.map((step) => `${step.name}() gave ${errnoText(-(step.result ?? 0))}`);
  }

  async dismissUndo(): Promise<void> {
    this.#janitor?.dismiss();
    this.#janitor = undefined;
  }

  async dismissStub(root: number): Promise<void> {
    const stub = this.#stub;
    if (stub === undefined) return;
    if (this.#inits.has(stub)) await this.#leaveInit(stub, root);
    else this.#endStub(stub);
    this.#slots.delete(stub);
    this.#stub = undefined;
  }

  #endStub(stub: Tracee): void {
    this.#host.syscall("kill", stub.tid, SIG.KILL);
    this.#ptrace.waitForEnd(stub.tid);
  }

  /** An init takes the stub's place. It is forked, not executed: an execve would take the capabilities of a user namespace away. */
  async #forkInit(stub: Tracee, { child, user }: InitOptions): Promise<void> {
    const namespaces = CLONE.NEWPID | (user === undefined ? 0 : CLONE.NEWUSER);
    const fork = syscallStep(
      "clone3",
      cloneArguments(namespaces | CLONE.PTRACE | (child ? CLONE.PARENT : 0)),
      CLONE_ARGS.size,
    );
    await this.run(stub, [fork]);
    const init = await this.adopt({ forker: stub, id: fork.result ?? 0, thread: false, newPidNamespace: true });
    this.#endStub(stub);
    this.#slots.delete(stub);
    this.#stub = init;
    if (user === undefined) return;
    const of = `/proc/${init.tid}`;
    writeProcFile(`${of}/uid_map`, user.uidMap);
    if (this.#host.syscall("geteuid") !== 0) writeProcFile(`${of}/setgroups`, "deny");
    writeProcFile(`${of}/gid_map`, user.gidMap);
  }

  /** Nothing of the restore is left in it: a page of code, and one for a word. */
  async #leaveInit(init: Tracee, root: number): Promise<void> {
    const { start, length } = this.#requireArea().region;
    const at = start + length;
    const flags = MAP.PRIVATE | MAP.ANONYMOUS | MAP.FIXED_NOREPLACE;
    const bytes = initCode(root);
    await this.run(init, [
      { ...syscallStep("mmap", at, 2 * PAGE_SIZE, PROT.READ | PROT.WRITE, flags, -1, 0), expected: at },
      { kind: "copy", to: at, from: { kind: "data", bytes, fields: [], output: false } },
      syscallStep("mprotect", at, PAGE_SIZE, PROT.READ | PROT.EXEC),
      syscallStep("close_range", 0, 0xffff_ffff, 0),
    ]);
    this.#unmapAreas([init]);
    const registers = withRegisters(this.#registers, this.#requireSlot(init), { bx: 0, ip: at });
    checked(this.#ptrace.setRegisters(init.tid, registers), "ptrace(PTRACE_SETREGS)", "let the init go");
    checked(this.#ptrace.setSignalMask(init.tid, 0n), "ptrace(PTRACE_SETSIGMASK)", "let the init go");
    checked(this.#ptrace.detach(init.tid, 0), "ptrace(PTRACE_DETACH)", "let the init go");
  }

  /** Puts a program in the place of this one. See {@link executeProgram}. */
  execute(...program: Parameters<typeof executeProgram> extends [RawSyscalls, ...infer Rest] ? Rest : never): never {
    return executeProgram(this.#host, ...program);
  }

  close(): void {
    this.#area?.close();
    this.#area = undefined;
    this.#runner = undefined;
  }

  /** What a task that was forked in a pid namespace of its own is called here. */
  #findTid({ forker, id, thread }: Birth): number {
    const known = new Set([...this.#slots.keys()].map(({ tid }) => tid));
    const born = thread ? readThreads(forker.tgid) : readChildren(forker.tid);
    const tid = born.find(
      (tid) => !known.has(tid) && readStatus(tid)?.get("NSpid")?.split(/\s+/).at(-1) === String(id),
    );
    if (tid === undefined) throw new Error(`Cannot take over what task ${forker.tid} forked: nobody is its ${id}`);
    return tid;
  }

  /** Sets the registers of a stopped tracee: those named, its slot, and the stub's for the rest. */
  #setRegisters(tracee: Tracee, values: Partial<Record<UserReg, number | bigint>>): void {
    const registers = withRegisters(this.#registers, this.#requireSlot(tracee), values);
    const result = this.#ptrace.setRegisters(tracee.tid, registers);
    checked(result, "ptrace(PTRACE_SETREGS)", `set the registers of task ${tracee.tid}`);
  }

  #makeLastCalls({ tracee, state }: ConcludedThread): void {
    for (const step of state.lastCalls) {
      const result = this.call(tracee, step);
      if (!isSuccess(step)) throw new SystemError(step.name, -result, `finish task ${tracee.tid}`);
    }
  }

  /**
   * All at once. At the exit stop of munmap the code is gone, but the registers are set before it would be reached. By syscall stops, since a
   * trap would take pending signals and handlers with it.
   */
  #unmapAreas(leaders: readonly Tracee[]): void {
    const { start, length } = this.#requireArea().region;
    const { single } = this.#requireArea();
    const call = { ax: syscallNumber("munmap"), di: start, si: length, ip: single };
    for (const leader of leaders) {
      this.#setRegisters(leader, call);
      this.#resumeToSyscall(leader);
    }
    for (const leader of leaders) {
      this.#awaitSyscallStop(leader);
      this.#resumeToSyscall(leader);
    }
    for (const leader of leaders) this.#awaitSyscallStop(leader);
  }

  #setFinalState(tid: number, state: FinalState): void {
    for (const { address, value } of state.pokes) this.#poke(tid, address, value);
    checked(
      this.#ptrace.setRegisters(tid, state.registers),
      "ptrace(PTRACE_SETREGS)",
      `set the registers of task ${tid}`,
    );
    const area = layExtendedState(this.#host, this.#extendedState, state.extendedState);
    const set = this.#ptrace.setExtendedState(tid, area);
    checked(set, "ptrace(PTRACE_SETREGSET)", `set the extended state of task ${tid}`);
    const mask = this.#ptrace.setSignalMask(tid, state.signalMask);
    checked(mask, "ptrace(PTRACE_SETSIGMASK)", `set the signal mask of task ${tid}`);
  }

  /** struct rlimit with which a task can have every descriptor that this process may give it. */
  #highestNumberOfFiles(): Uint8Array {
    const { scratch, scratchAddress } = this.#host;
    const result = this.#host.syscall("prlimit64", 0, RLIMIT.NOFILE, 0, scratchAddress);
    checked(result, "prlimit64", "read the limit of open files");
    scratch.copyWithin(0, 8, 16);
    return scratch.slice(0, 16);
  }

  /** The text of the parked vdso. */
  #readVdso(pid: number, vdso: readonly ParkedMapping[]): Uint8Array | undefined {
    const text = vdso.find(({ name }) => name === "[vdso]");
    if (text === undefined) return undefined;
    const { scratch, scratchView: view, scratchAddress: base } = this.#host;
    const length = text.end - text.start;
    const at = 4096;
    view.setBigUint64(0, BigInt(base + at), true);
    view.setBigUint64(8, BigInt(length), true);
    view.setBigUint64(16, BigInt(text.start), true);
    view.setBigUint64(24, BigInt(length), true);
    const read = this.#host.syscall("process_vm_readv", pid, base, 1, base + 16, 1, 0);
    checked(read, "process_vm_readv", "read the vdso");
    return scratch.slice(at, at + length);
  }

  #poke(tid: number, address: bigint, value: bigint): void {
    const { scratchView: view, scratchAddress: base } = this.#host;
    view.setBigUint64(0, value, true);
    view.setBigUint64(16, BigInt(base), true);
    view.setBigUint64(24, 8n, true);
    view.setBigUint64(32, address, true);
    view.setBigUint64(40, 8n, true);
    const written = this.#host.syscall("process_vm_writev", tid, base + 16, 1, base + 32, 1, 0);
    checked(written, "process_vm_writev", `write to the memory of task ${tid}`);
  }

  #stepSyscall(tracee: Tracee): void {
    this.#resumeToSyscall(tracee);
    this.#awaitSyscallStop(tracee);
  }

  #resumeToSyscall(tracee: Tracee): void {
    checked(this.#ptrace.resumeToSyscall(tracee.tid), "ptrace(PTRACE_SYSCALL)", `step task ${tracee.tid}`);
  }

  #awaitSyscallStop(tracee: Tracee): void {
    const raw = this.#ptrace.wait(tracee.tid, STOP_TIMEOUT);
    const status = typeof raw === "number" ? waitStatus(raw) : undefined;
    if (status?.kind === "stopped" && status.signal === SYSCALL_STOP) return;
    throw new Error(`Cannot step task ${tracee.tid} through a system call: its wait status is ${raw}`);
  }

  #subreaper(): number {
    this.#host.syscall("prctl", PR.GET_CHILD_SUBREAPER, this.#host.scratchAddress, 0, 0, 0);
    return this.#host.scratchView.getUint32(0, true);
  }

  #requireSlot(tracee: Tracee): Slot {
    const slot = this.#slots.get(tracee);
    if (slot === undefined) throw new SystemError("ptrace", ERRNO.ESRCH, `drive task ${tracee.tid}`);
    return slot;
  }

  #requireArea(): RestorerArea {
    if (this.#area === undefined) throw new Error("Cannot drive tasks: there is no stub");
    return this.#area;
  }
}

/** An argument of a call by syscall stops: data goes into the restorer area, results are of steps that ran. */
function placeArgument(value: Operand, area: RestorerArea): number | bigint {
  if (typeof value !== "object") return value;
  if (value.kind === "result") return value.step.result ?? 0;
  if (value.kind === "loaded") throw new TypeError("Cannot pass a loaded value to a call by syscall stops");
  const at = area.allocate(value.data.bytes.length);
  area.bytes.set(value.data.bytes, at);
  return area.address + at + value.offset;
}

function syscallStep(name: SyscallStep["name"], ...args: Operand[]): SyscallStep {
  return { kind: "syscall", name, args };
}

/** struct clone_args of a process, as an argument. */
function cloneArguments(flags: number): Operand {
  const bytes = new Uint8Array(CLONE_ARGS.size);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(CLONE_ARGS.flags, BigInt(flags), true);
  view.setBigUint64(CLONE_ARGS.exit_signal, BigInt((flags & CLONE.PARENT) === 0 ? SIG.CHLD : 0), true);
  return { kind: "address", data: { kind: "data", bytes, fields: [], output: false }, offset: 0 };
}

/**
 * What the stub does first: vdso and vvar go to the parking, everything but parking and restorer area is unmapped (its own stack and
 * page too: the interpreter needs neither), signals that the runtime ignores get their default action, and all descriptors are
 * closed.
 */
function stubProgram(
  pid: number,
  area: RestorerArea,
  highestNumberOfFiles: Uint8Array,
): { program: Program; vdso: readonly ParkedMapping[] } {
  const steps: Step[] = [];
  const vdso: ParkedMapping[] = [];
  let at = area.parking;
  for (const { start, end, name } of readMaps(pid)) {
    if (name !== "[vdso]" && !name.startsWith("[vvar")) continue;
    const flags = MREMAP.MAYMOVE | MREMAP.FIXED;
    steps.push({ ...syscallStep("mremap", start, end - start, end - start, flags, at), expected: at });
    vdso.push({ name, start: at, end: at + (end - start) });
    at += end - start;
  }
  if (at > area.scratch.start) throw new RangeError(`Cannot park a vdso of ${at - area.parking} bytes`);
  const { start, length } = area.region;
  steps.push(syscallStep("munmap", 0, start));
  steps.push(syscallStep("munmap", start + length, TASK_SIZE - (start + length)));
  const action: Data = { kind: "data", bytes: new Uint8Array(KERNEL_SIGACTION_SIZE), fields: [], output: false };
  for (const signal of ignoredSignals(pid)) {
    steps.push(syscallStep("rt_sigaction", signal, { kind: "address", data: action, offset: 0 }, 0, SIGSET_SIZE));
  }
  steps.push(syscallStep("close_range", 0, 0xffff_ffff, 0));
  const limit: Data = { kind: "data", bytes: highestNumberOfFiles.slice(), fields: [], output: false };
  steps.push(syscallStep("prlimit64", 0, RLIMIT.NOFILE, { kind: "address", data: limit, offset: 0 }, 0));
  return { program: steps, vdso };
}

function statFile(path: string): FileStat | "missing" {
  const stat = statSync(pathBytes(path), { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "missing" : { mode: Number(stat.mode), size: stat.size };
}

function readBytes(path: string, offset: number, length: number): Uint8Array | undefined {
  try {
    const file = openSync(pathBytes(path), "r");
    try {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** The signals that a new program inherited as ignored; handlers it inherits none. */
function ignoredSignals(pid: number): readonly number[] {
  const ignored = BigInt(`0x${readStatus(pid)?.get("SigIgn") ?? "0"}`);
  return Array.from({ length: NSIG }, (_, index) => index + 1).filter((signal) => (ignored & signalBit(signal)) !== 0n);
}

function writeProcFile(path: string, text: string): void {
  try {
    const file = openSync(path, "w");
    try {
      writeSync(file, text);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const { errno, syscall } = error as NodeJS.ErrnoException;
    throw new SystemError(syscall ?? "write", Math.abs(errno ?? ERRNO.EIO), `write ${JSON.stringify(text)} to ${path}`);
  }
}

const CLOCKS = { CLOCK_MONOTONIC: CLOCK.MONOTONIC, CLOCK_BOOTTIME: CLOCK.BOOTTIME } as const;

function readClock(host: RawSyscalls, clock: keyof typeof CLOCKS): bigint {
  checked(host.syscall("clock_gettime", CLOCKS[clock], host.scratchAddress), "clock_gettime", `read ${clock}`);
  return host.scratchView.getBigInt64(0, true) * 1_000_000_000n + host.scratchView.getBigInt64(8, true);
}

/** Is it in a pid namespace below that of this process? */
function isInside(tid: number): boolean {
  return (readStatus(tid)?.get("NSpid")?.split(/\s+/).length ?? 1) > 1;
}
