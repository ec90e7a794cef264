import type { AddressRange } from "./abi/address-space.ts";
import type { KCMP } from "./abi/kcmp.ts";
import type { ExtendedState } from "./kernel.ts";
import type { Program } from "./program/program.ts";
import type { RseqConfiguration } from "./tracee/ptrace.ts";

/** A thread of a running process, stopped where it was (a ptrace-stop after PTRACE_SEIZE and PTRACE_INTERRUPT). */
export interface StoppedThread {
  readonly tid: number;
  /** The process it belongs to; equal to `tid` for a leader. */
  readonly tgid: number;
  /** struct user_regs_struct with which it resumes. */
  readonly registers: Uint8Array;
  /** Blocked signals. */
  readonly signalMask: bigint;
  /** The signal that had stopped its process before, if one had. */
  readonly stopSignal: number | undefined;
}

/** System calls for a stopped thread to make itself. */
export interface Query {
  readonly thread: StoppedThread;
  /** The calls. Failures count as answers. Results and outputs are set once the program has run. */
  readonly program: Program;
  /** Set if the thread also finds out how many Landlock domains it is in. */
  readonly landlock?: LandlockQuery | undefined;
  /** Set if the thread also copies its process. */
  readonly copy?: CopyQuery | undefined;
}

/** How many Landlock domains a thread is in, each inside the other. */
export interface LandlockQuery {
  /** The number, or -errno when it could not be found out. Set once the program has run. */
  domains?: number;
}

/** A copy of a process that a thread of it makes. */
export interface CopyQuery {
  /** Mappings that the copy does not keep. */
  readonly unwanted: readonly AddressRange[];
  /** The pid of the copy or -errno, and the address of the word that the copy sets when it is ready. Set once the program has run. */
  made?: { readonly answer: number; readonly ready: number };
}

/** A process to copy. */
export interface CopyRequest {
  /** The thread that makes the copy. */
  readonly thread: StoppedThread;
  /** Mappings that the copy does not keep. */
  readonly unwanted: readonly AddressRange[];
}

/** A stopped copy of a process, which has its private memory as it was. The tree does not see it, and it ends with this process. */
export interface ProcessCopy {
  readonly pid: number;
  /** Ends it. */
  end(): void;
}

/** Why a process could not be copied. */
export interface NoCopy {
  readonly failure: string;
}

/** A seccomp filter of a thread. */
export interface AttachedFilter {
  /** struct sock_filter, 8 bytes each. */
  readonly instructions: Uint8Array;
  /** SECCOMP_FILTER_FLAG_*. */
  readonly flags: number;
}

/** What threads of two processes may share, as kcmp(2) names it. */
export type SharedObject = keyof typeof KCMP;

/** Pages found in an address range, in order. */
export interface FoundPages {
  /** Runs of pages with content of their own. */
  readonly own: readonly AddressRange[];
  /** Ranges where access is fatal (MADV_GUARD_INSTALL). */
  readonly guards: readonly AddressRange[];
}

/** A place in an open file. */
export interface FilePart {
  /** The descriptor. */
  readonly file: number;
  /** Bytes. */
  readonly offset: number;
}

/** An open file to which pages are copied. */
export interface PagesFile {
  /** The descriptor. */
  readonly file: number;
  /** Receives everything that is written to it. The bytes are valid only during the call. */
  readonly seen: (bytes: Uint8Array) => void;
}

/** The pages that a process has. */
export interface ScannedPages {
  /** Scans [start, end). Throws a SystemError. */
  find(start: number, end: number): FoundPages;
  close(): void;
}

/**
 * Stops the threads of running processes, reads their state, and resumes them unchanged. When this process is killed, the threads run on, unless it
 * has called `hold`.
 *
 * Precondition: all calls come from one thread (ptrace belongs to it). Requires CAP_SYS_PTRACE for processes of other users.
 */
export interface Seizer {
  /**
   * Stops threads, all at once. Leaves out those that have ended meanwhile, zombies included.
   *
   * @param timeout in milliseconds.
   * @throws SystemError when one cannot be traced, or does not stop in time; `resume` then resumes all others.
   */
  seize(
    threads: readonly { readonly tid: number; readonly tgid: number }[],
    timeout?: number,
  ): readonly StoppedThread[];
  /** Forgets threads that changed after they were stopped, because another thread of their process was in execve(2). Returns their ids. */
  dropChanged(): readonly number[];
  /** The registers with which a thread resumes if the kernel has forgotten its interrupted call: the call is made again, or has failed. */
  restarted(thread: StoppedThread): Uint8Array;
  extendedState(thread: StoppedThread): ExtendedState & { readonly present: bigint };
  /** The entries of the GDT that a thread has of its own, each a struct user_desc. */
  threadAreas(thread: StoppedThread): readonly Uint8Array[];
  /** Pending signals in their order, each a siginfo_t of 128 bytes. */
  pendingSignals(thread: StoppedThread, queue: "shared" | "private"): readonly Uint8Array[];
  /** The registration of restartable sequences. Undefined before Linux 5.13, which cannot tell. */
  rseq(thread: StoppedThread): RseqConfiguration | undefined;
  /** How its system calls are dispatched to user space: struct ptrace_sud_config. Undefined before Linux 6.4, which cannot tell. */
  syscallDispatch(thread: StoppedThread): Uint8Array | undefined;
  /** Newest first. Requires CAP_SYS_ADMIN in the first user namespace. */
  seccompFilters(thread: StoppedThread): readonly AttachedFilter[];
  /** Makes threads run system calls, all at once, and returns them to where they were. */
  query(queries: readonly Query[]): void;
  /**
   * Copies processes by fork(2), so that their private memory can be read when they run again. Returns for each the copy, or why
   * there is none.
   *
   * Preconditions: the process is in the pid namespace of this process's /proc, no filter of it forbids the calls, and init, or another process outside
   * the tree, adopts its orphans.
   */
  copy(requests: readonly CopyRequest[]): readonly (ProcessCopy | NoCopy)[];
  /** Bytes of a process's memory; undefined when not all of them can be read. */
  readMemory(pid: number, address: number | bigint, length: number): Uint8Array | undefined;
  /** The same for several ranges, in fewer calls. */
  readRanges(pid: number, ranges: readonly AddressRange[]): readonly Uint8Array[] | undefined;
  /** Finds the pages to save: not those that are untouched, the kernel's page of zeros, or pages of a file. */
  scanPages(pid: number): ScannedPages;
  /** Appends pages of a process to an open file. Throws a SystemError. */
  copyPages(pid: number, ranges: readonly AddressRange[], to: PagesFile): void;
  /**
   * Appends those pages of a process to an open file that differ from pages in another file, at an offset. Returns their ranges. Throws a SystemError if
   * that file is too short.
   */
  copyChangedPages(pid: number, range: AddressRange, earlier: FilePart, to: PagesFile): readonly AddressRange[];
  /** Reads the receive queue of a socket of this process without removing anything. Throws a SystemError if there is less than `length`. */
  peek(socket: number, length: number): Uint8Array;
  /** Compares an object of two processes: 0 if they share it, otherwise an order. Throws a SystemError. Source: kcmp(2). */
  compare(what: SharedObject, first: number, second: number, firstFile?: number, secondFile?: number): number;
  /**
   * Has all processes killed if this process dies, all or none, until `resume`. Forgets every undo: they are meant for a tree that runs on. Throws a SystemError.
   */
  hold(): void;
  /** Resumes all threads unchanged. */
  resume(): void;
  /** Kills all processes and waits until they have ended. Returns the ids of those that did not end in time. */
  kill(): readonly number[];
  close(): void;
}
