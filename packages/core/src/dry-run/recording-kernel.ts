import type {
  Birth,
  ConcludedThread,
  Exit,
  FinalState,
  Inode,
  Kernel,
  KernelHost,
  ParkedMapping,
  Program,
  Seizer,
  Sleeper,
  Stub,
  StubOptions,
  SyscallStep,
  Tracee,
} from "@restage/linux";
import { findFreeAddress, PAGE_SIZE } from "@restage/linux/abi";
import { DescriptorTable } from "./descriptor-table.ts";
import { InventedProcess } from "./invented-process.ts";
import { type InventedBirth, Inventor } from "./invented-results.ts";
import type { Inventions } from "./inventions.ts";
import type { KernelRecord } from "./kernel-record.ts";
import {
  isSuccess,
  type PlannedFailure,
  PlannedFailures,
  plannedResult,
  RecordedProgramError,
} from "./planned-failure.ts";
import { RecordingSeizer } from "./recording-seizer.ts";

const STUB_PID = 2_999_999;
const STANDARD_DESCRIPTORS = [0, 1, 2];
const PARKING_SIZE = 32 * PAGE_SIZE;
const ZONE_SIZE = 256 * 1024 * 1024;
const CLOCK = 1_000_000_000_000n;
const NO_INODE: Inode = {
  mode: 0,
  size: 0n,
  dev: 0n,
  ino: 0n,
  rdev: 0n,
  nlink: 1,
  uid: 0,
  gid: 0,
  blocks: 0n,
  accessed: 0n,
  modified: 0n,
};

/**
 * A kernel that does nothing: it records requests and invents plausible results. It serves tests without root, and printed plans.
 *
 * It enforces the contract of the real one: running a program in a task that was never forked, or that has resumed, is an error.
 *
 * @example
 * ```ts
 * const kernel = new RecordingKernel({ failures: [{ call: "chdir", of: 7, result: "ENOENT" }] });
 * await restore({ images }, kernel, defaultPlugins()); // rejects: chdir() of task 7 failed
 * for (const { tracee, steps } of kernel.programs) console.log(tracee.tid, printProgram(steps));
 * ```
 */
export class RecordingKernel implements Kernel {
  readonly recording = true;
  readonly host: KernelHost;
  /** All requests, in order. */
  readonly records: readonly KernelRecord[];
  readonly #records: KernelRecord[] = [];
  readonly #listener: (record: KernelRecord) => void;
  readonly #inventions: Inventions;
  readonly #failures: PlannedFailures;
  readonly #inventor = new Inventor();
  readonly #coordinator: Tracee = { tid: 1, tgid: 1 };
  readonly #coordinatorProcess = new InventedProcess(new DescriptorTable(STANDARD_DESCRIPTORS));
  /** Tasks that were forked and traced, but not adopted yet. */
  readonly #born = new Map<number, InventedProcess>();
  readonly #driven = new Map<Tracee, InventedProcess>();
  /** Threads without the restorer area, in which no program can run any more. */
  readonly #concluded = new Set<Tracee>();
  #stub: Tracee | undefined;

  /** @param listener is told of each record when it is made. */
  constructor(inventions: Inventions = {}, listener: (record: KernelRecord) => void = () => {}) {
    this.records = this.#records;
    this.#listener = listener;
    this.#inventions = inventions;
    this.#failures = new PlannedFailures(inventions.failures ?? []);
    const {
      files = {},
      texts = {},
      links = {},
      directories = {},
      inodes = {},
      bytes = {},
      pidHolders = {},
      socketHolders = {},
      outputs = {},
      clock = CLOCK,
    } = inventions;
    const outputOf = (name: string) => (typeof outputs === "string" ? outputs : outputs[name]);
    this.host = {
      runId: "recording",
      pid: this.#coordinator.tid,
      call: (step) => this.#callOfCoordinator(step),
      writeFile: (path, text) => void this.#record({ kind: "host-write", path, text }),
      stat: (path) => files[path] ?? "unknown",
      readText: (path) => texts[path],
      readLink: (path) => links[path],
      list: (path) => directories[path],
      inode: (path) => (inodes[path] === undefined ? undefined : { ...NO_INODE, ...inodes[path] }),
      makeDirectory: (path) => void this.#record({ kind: "host-directory", path }),
      createFile: (path, bytes) => void this.#record({ kind: "host-file", path, bytes }),
      giveFile: (path, uid) => void this.#record({ kind: "host-owner", path, uid }),
      readBytes: (path, offset, length) => bytes[path]?.subarray(offset, offset + length),
      pidHolder: (pid) => pidHolders[pid],
      findZombies: () => [],
      socketHolder: (inode) => socketHolders[inode],
      runProgram: (name, args, input = "") => {
        this.#record({ kind: "program-of-host", name, args, input });
        const output = outputOf(name);
        return { status: output === undefined ? undefined : 0, output: output ?? "", errors: "" };
      },
      isInstalled: (name) => outputOf(name) !== undefined,
      cpuid: () => undefined,
      socketOption: () => undefined,
      clock: () => clock,
    };
  }

  /** The programs that ran, in order. */
  get programs(): readonly { readonly tracee: Tracee; readonly steps: Program }[] {
    return this.records.filter((record) => record.kind === "program");
  }
  /** The registered undo programs, in order. */
  get undos(): readonly Program[] {
    return this.records.flatMap((record) => (record.kind === "push-undo" ? [record.steps] : []));
  }
  /** The states in which threads resume, by thread id. */
  get finalStates(): ReadonlyMap<number, FinalState> {
    const states = new Map<number, FinalState>();
    for (const record of this.records) if (record.kind === "conclude") states.set(record.tracee.tid, record.state);
    return states;
  }
  /** The ids of the threads that resumed, running or stopped. */
  get resumed(): readonly number[] {
    return this.records.flatMap((record) =>
      record.kind === "resume" || record.kind === "resume-stopped" ? record.tracees.map(({ tid }) => tid) : [],
    );
  }

  openSeizer(): Seizer {
    return new RecordingSeizer(
      this.#inventions.processes ?? {},
      (record) => this.#record(record),
      (step, tid) => {
        const planned = this.#failures.meet(step, tid);
        return planned === undefined ? undefined : plannedResult(planned);
      },
    );
  }

  startSleeper(): Sleeper {
    throw new Error("Cannot start a process: a recording kernel has none");
  }

  /** A recording stops no tree. */
  collectGarbage(): void {}

  async createStub(options: StubOptions): Promise<Stub> {
    this.#record({ kind: "stub", options });
    const tracee: Tracee = { tid: STUB_PID, tgid: STUB_PID, inPidNamespace: options.init !== undefined };
    this.#stub = tracee;
    this.#driven.set(tracee, new InventedProcess());
    const start = findFreeAddress(options.occupied, PARKING_SIZE + ZONE_SIZE);
    return {
      tracee,
      vdso: parkedVdso(start),
      vdsoText: undefined,
      scratch: { start: start + PARKING_SIZE / 2, end: start + PARKING_SIZE },
      restorerArea: { start, length: PARKING_SIZE + ZONE_SIZE },
    };
  }

  keepStub(): void {
    this.#record({ kind: "keep-stub" });
  }

  async run(tracee: Tracee, program: Program): Promise<void> {
    if (program.length === 0) return;
    const process = this.#processOf(tracee, "run a program in");
    if (this.#concluded.has(tracee))
      throw new Error(`Cannot run a program in task ${tracee.tid}: the restorer area is gone from it`);
    this.#record({ kind: "program", tracee, steps: program });
    for (const step of program) {
      if (step.kind !== "syscall") continue;
      const planned = this.#failures.meet(step, tracee === this.#stub ? "stub" : tracee.tid);
      if (planned?.failure !== undefined) {
        if (planned.failure.kind === "died") this.#driven.delete(tracee);
        throw new RecordedProgramError(tracee.tid, program, step, planned.failure);
      }
      if (step.name === "recvmsg") await this.#inventor.messages.arrival(process);
      step.result = this.#resultOf(step, tracee, process, planned);
      if (isSuccess(step, step.result)) continue;
      throw new RecordedProgramError(tracee.tid, program, step, { kind: "result", result: step.result });
    }
  }

  async adopt({ forker, id: tid, thread }: Birth): Promise<Tracee> {
    const process = this.#born.get(tid);
    if (process === undefined) throw new Error(`Cannot take over task ${tid}: no program forked it with CLONE_PTRACE`);
    this.#born.delete(tid);
    const tracee: Tracee = { tid, tgid: thread ? forker.tgid : tid };
    this.#driven.set(tracee, process);
    this.#record({ kind: "adopt", tracee });
    return tracee;
  }

  call(tracee: Tracee, step: SyscallStep): number {
    const process = this.#processOf(tracee, "make a call in");
    this.#record({ kind: "call", tracee, step });
    const planned = this.#failures.meet(step, tracee === this.#stub ? "stub" : tracee.tid);
    step.result = this.#resultOf(step, tracee, process, planned);
    return step.result;
  }

  conclude(processes: readonly (readonly ConcludedThread[])[]): void {
    for (const { tracee, state } of processes.flat()) {
      const process = this.#processOf(tracee, "conclude");
      for (const step of state.lastCalls) step.result = this.#resultOf(step, tracee, process, undefined);
      this.#record({ kind: "conclude", tracee, state });
      this.#concluded.add(tracee);
    }
  }

  resume(tracees: readonly Tracee[]): readonly Tracee[] {
    this.#record({ kind: "resume", tracees });
    return this.#detach(tracees);
  }

  resumeStopped(threads: readonly Tracee[], signal: number): readonly Tracee[] {
    this.#record({ kind: "resume-stopped", tracees: threads, signal });
    return this.#detach(threads);
  }

  async end(tracee: Tracee, exit: Exit): Promise<void> {
    this.#processOf(tracee, "end");
    this.#driven.delete(tracee);
    this.#record({ kind: "end", tracee, exit });
  }

  async killAll(): Promise<readonly number[]> {
    const tracees = [...this.#driven.keys()];
    this.#record({ kind: "kill-all", tracees });
    this.#driven.clear();
    this.#stub = undefined;
    return tracees.map(({ tid }) => tid).filter((tid) => this.#inventions.unkillable?.includes(tid) === true);
  }

  async dismissStub(_root: number): Promise<void> {
    this.#record({ kind: "dismiss-stub" });
    if (this.#stub !== undefined) this.#driven.delete(this.#stub);
    this.#stub = undefined;
  }

  pushUndo(steps: Program): () => void {
    this.#record({ kind: "push-undo", steps });
    return () => this.#record({ kind: "forget-undo", steps });
  }

  async runUndo(): Promise<readonly string[]> {
    this.#record({ kind: "run-undo" });
    return this.#inventions.leftByUndo ?? [];
  }

  async dismissUndo(): Promise<void> {
    this.#record({ kind: "dismiss-undo" });
  }

  close(): void {
    this.#record({ kind: "close" });
  }

  #record(record: KernelRecord): void {
    this.#records.push(record);
    this.#listener(record);
  }

  #detach(tracees: readonly Tracee[]): readonly Tracee[] {
    for (const tracee of tracees) this.#driven.delete(tracee);
    return tracees.filter(({ tid }) => this.#inventions.goneAtResume?.includes(tid) === true);
  }

  #callOfCoordinator(step: SyscallStep): number {
    this.#record({ kind: "host-call", step });
    const planned = this.#failures.meet(step, "coordinator");
    step.result = this.#resultOf(step, this.#coordinator, this.#coordinatorProcess, planned);
    return step.result;
  }

  #resultOf(step: SyscallStep, tracee: Tracee, process: InventedProcess, planned: PlannedFailure | undefined): number {
    if (planned !== undefined) return plannedResult(planned);
    const born = ({ tid, process: child, traced }: InventedBirth): void => {
      if (traced) this.#born.set(tid, child);
    };
    return this.#inventor.resultOf(step, tracee, process, born);
  }

  #processOf(tracee: Tracee, what: string): InventedProcess {
    const process = this.#driven.get(tracee);
    if (process !== undefined) return process;
    throw new Error(`Cannot ${what} task ${tracee.tid}: it is not under this kernel's control`);
  }
}

/** The vdso mappings of Linux 6.13 and later. */
function parkedVdso(start: number): readonly ParkedMapping[] {
  const mappings: ParkedMapping[] = [];
  let at = start;
  for (const [name, pages] of [
    ["[vvar]", 4],
    ["[vvar_vclock]", 2],
    ["[vdso]", 2],
  ] as const) {
    mappings.push({ name, start: at, end: at + pages * PAGE_SIZE });
    at += pages * PAGE_SIZE;
  }
  return mappings;
}
