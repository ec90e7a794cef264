import type {
  AddressRange,
  AttachedFilter,
  CopyRequest,
  ExtendedState,
  FoundPages,
  NoCopy,
  Query,
  RseqConfiguration,
  ScannedPages,
  Seizer,
  SharedObject,
  StoppedThread,
  SyscallStep,
} from "@restage/linux";
import type { KernelRecord } from "./kernel-record.ts";

/** What a recording kernel reports about a stopped thread. Missing members are zero or empty. */
export interface InventedThread extends Partial<Omit<StoppedThread, "tid" | "tgid">> {
  readonly extendedState?: ExtendedState & { readonly present: bigint };
  /** Each a struct user_desc. */
  readonly threadAreas?: readonly Uint8Array[];
  readonly pendingSignals?: readonly Uint8Array[];
  readonly rseq?: RseqConfiguration;
  /** struct ptrace_sud_config. */
  readonly syscallDispatch?: Uint8Array;
  readonly seccompFilters?: readonly AttachedFilter[];
  /** How many Landlock domains it is in, or -errno. */
  readonly landlockDomains?: number;
  /** The thread's answers to queries, by call: a result, and the bytes of the first output. Default: 0. */
  readonly answers?: Readonly<Record<string, { readonly result?: number; readonly output?: Uint8Array }>>;
}

/** What a recording kernel reports about stopped processes, by pid. */
export type InventedProcesses = Readonly<
  Record<
    number,
    {
      /** By thread id. Default: only the leader. */
      readonly threads?: Readonly<Record<number, InventedThread>>;
      /** Bytes of its memory, by address. */
      readonly memory?: Readonly<Record<string, Uint8Array>>;
      /** Its pages. */
      readonly pages?: FoundPages;
      /** Pids of the processes with which it shares each object. */
      readonly shares?: Partial<Record<SharedObject, readonly number[]>>;
    }
  >
>;

const NO_STATE = { legacy: new Uint8Array(512), components: [], present: 0n } as const;

/** The recording kernel's seizer: stops nothing, and reports its inventions. */
export class RecordingSeizer implements Seizer {
  readonly #processes: InventedProcesses;
  readonly #record: (record: KernelRecord) => void;
  readonly #planned: (step: SyscallStep, tid: number) => number | undefined;
  readonly #seized = new Map<number, StoppedThread>();

  constructor(
    processes: InventedProcesses,
    record: (record: KernelRecord) => void,
    planned: (step: SyscallStep, tid: number) => number | undefined,
  ) {
    this.#processes = processes;
    this.#record = record;
    this.#planned = planned;
  }

  seize(threads: readonly { readonly tid: number; readonly tgid: number }[]): readonly StoppedThread[] {
    const alive = threads.filter(({ tgid }) => this.#processes[tgid] !== undefined);
    if (alive.length === 0) return [];
    this.#record({ kind: "seize", threads: alive.map(({ tid }) => tid) });
    return alive.map(({ tid, tgid }) => {
      const { registers = new Uint8Array(27 * 8), signalMask = 0n, stopSignal } = this.#thread({ tid, tgid });
      const thread: StoppedThread = { tid, tgid, registers, signalMask, stopSignal };
      this.#seized.set(tid, thread);
      return thread;
    });
  }
  dropChanged(): readonly number[] {
    return [];
  }
  restarted({ registers }: StoppedThread): Uint8Array {
    return registers;
  }
  extendedState(thread: StoppedThread): ExtendedState & { readonly present: bigint } {
    return this.#thread(thread).extendedState ?? NO_STATE;
  }
  threadAreas(thread: StoppedThread): readonly Uint8Array[] {
    return this.#thread(thread).threadAreas ?? [];
  }
  pendingSignals(thread: StoppedThread, queue: "shared" | "private"): readonly Uint8Array[] {
    return queue === "private" ? (this.#thread(thread).pendingSignals ?? []) : [];
  }
  rseq(thread: StoppedThread): RseqConfiguration | undefined {
    return this.#thread(thread).rseq;
  }
  syscallDispatch(thread: StoppedThread): Uint8Array | undefined {
    return this.#thread(thread).syscallDispatch;
  }
  seccompFilters(thread: StoppedThread): readonly AttachedFilter[] {
    return this.#thread(thread).seccompFilters ?? [];
  }
  query(queries: readonly Query[]): void {
    for (const { thread, program, landlock } of queries) {
      this.#record({ kind: "query", tid: thread.tid, steps: program });
      const { answers = {}, landlockDomains = 0 } = this.#thread(thread);
      if (landlock !== undefined) landlock.domains = landlockDomains;
      for (const step of program) {
        if (step.kind !== "syscall") continue;
        const answer = answers[step.name];
        step.result = this.#planned(step, thread.tid) ?? answer?.result ?? 0;
        const out = step.args.find((arg) => typeof arg === "object" && arg.kind === "address" && arg.data.output);
        if (answer?.output === undefined || typeof out !== "object" || out.kind !== "address") continue;
        out.data.bytes.set(answer.output.subarray(0, out.data.bytes.length));
      }
    }
  }
  /** Makes no copies. */
  copy(requests: readonly CopyRequest[]): readonly NoCopy[] {
    return requests.map(() => ({ failure: "a recording kernel copies no processes" }));
  }
  readMemory(pid: number, address: number | bigint, length: number): Uint8Array | undefined {
    const bytes = this.#processes[pid]?.memory?.[`0x${address.toString(16)}`];
    return bytes === undefined || bytes.length < length ? undefined : bytes.subarray(0, length);
  }
  readRanges(pid: number, ranges: readonly AddressRange[]): readonly Uint8Array[] | undefined {
    const contents = ranges.flatMap(({ start, end }) => this.readMemory(pid, start, end - start) ?? []);
    return contents.length === ranges.length ? contents : undefined;
  }
  scanPages(pid: number): ScannedPages {
    const pages = this.#processes[pid]?.pages ?? { own: [], guards: [] };
    return {
      find: (start, end) => ({ own: within(pages.own, start, end), guards: within(pages.guards, start, end) }),
      close: () => {},
    };
  }
  copyPages(pid: number, ranges: readonly AddressRange[]): void {
    this.#record({ kind: "copy-pages", pid, ranges });
  }
  copyChangedPages(pid: number, range: AddressRange): readonly AddressRange[] {
    this.#record({ kind: "copy-pages", pid, ranges: [range] });
    return [range];
  }
  /** A recording ends no process. */
  hold(): void {}
  peek(_socket: number, length: number): Uint8Array {
    return new Uint8Array(length);
  }
  /** Compares by `shares`; otherwise objects are ordered by pid and descriptor. */
  compare(what: SharedObject, first: number, second: number, firstFile = 0, secondFile = 0): number {
    if (what === "FILE") return first === second && firstFile === secondFile ? 0 : 1 + Number(firstFile > secondFile);
    const isThread = this.#processes[first]?.threads?.[second] !== undefined;
    if (first === second || isThread || this.#processes[first]?.shares?.[what]?.includes(second) === true) return 0;
    return first < second ? 1 : 2;
  }
  resume(): void {
    if (this.#seized.size > 0) this.#record({ kind: "release", how: "resumed" });
    this.#seized.clear();
  }
  kill(): readonly number[] {
    this.#record({ kind: "release", how: "killed" });
    this.#seized.clear();
    return [];
  }
  close(): void {}

  #thread({ tid, tgid }: Pick<StoppedThread, "tid" | "tgid">): InventedThread {
    return this.#processes[tgid]?.threads?.[tid] ?? {};
  }
}

function within(ranges: readonly AddressRange[], start: number, end: number): readonly AddressRange[] {
  return ranges.filter((range) => range.start >= start && range.end <= end);
}
