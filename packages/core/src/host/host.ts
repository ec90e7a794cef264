import type { Data, FileStat, Inode, Kernel, ProgramOutcome, SyscallStep, Word } from "@restage/linux";
import { AT_FDCWD, CLONE, errnoText, O, type SyscallName } from "@restage/linux/abi";
import { RestoreError } from "../errors.ts";
import { CALLS, type CallArguments, type CallName, encodeArguments } from "../program/calls.ts";
import { addressOf, cString } from "../program/deferred.ts";
import { hintFor } from "../program/hints.ts";
import { pointer } from "../program/parameter.ts";
import { printStep } from "../program/print-program.ts";
import { type Calls, ProgramBuilder, type RecordedStep } from "../program/program-builder.ts";

/** Namespaces that a thread can enter beside other threads of its process. */
const ENTERED = { net: CLONE.NEWNET, ipc: CLONE.NEWIPC, uts: CLONE.NEWUTS, cgroup: CLONE.NEWCGROUP } as const;

/** A call that the coordinator has made. */
export interface HostCall {
  readonly result: number;
  /** Cancels the undo of {@link Host.undoneBy}, because what was made has been removed again. */
  undone(): void;
}

export type HostCalls = { readonly [N in CallName]: (...args: CallArguments<N>) => HostCall };

/** What the coordinator does itself, at once and not deferred: its system calls, and its view of the machine. */
export class Host {
  readonly kernel: Kernel;
  /** System calls of the coordinator: `host.call.mkdirat(...)`. A failure throws ERR_SYSCALL. */
  readonly call: HostCalls;
  /** The plugin whose tap runs; set by the plugin driver. */
  plugin = "core";

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.call = callsOf(this, undefined);
  }

  /** Distinguishes this run from all others on this machine, for names. */
  get runId(): string {
    return this.kernel.host.runId;
  }
  /** Writes a file of /proc or the like in one write. */
  writeFile(path: string, text: string): void {
    this.kernel.host.writeFile(path, text);
  }
  /** A file as it is now; "unknown" in a dry run. */
  stat(path: string): FileStat | "missing" | "unknown" {
    return this.kernel.host.stat(path);
  }
  /** Nanoseconds of a clock of this process's time namespace. */
  clock(clock: "CLOCK_MONOTONIC" | "CLOCK_BOOTTIME"): bigint {
    return this.kernel.host.clock(clock);
  }
  /** The pid of this process. */
  get pid(): number {
    return this.kernel.host.pid;
  }
  /** A file of /proc or /sys without its last line feed, or undefined when it cannot be read. */
  readText(path: string, encoding: "latin1" | "utf8" = "latin1"): string | undefined {
    return this.kernel.host.readText(path, encoding);
  }
  /** Where a symbolic link points to, or undefined when it cannot be read. */
  readLink(path: string): string | undefined {
    return this.kernel.host.readLink(path);
  }
  /** The names in a directory, or undefined when it cannot be read. */
  list(path: string): readonly string[] | undefined {
    return this.kernel.host.list(path);
  }
  /** The inode that a path leads to, or with `follow` false that of a symbolic link itself; undefined when there is none. */
  inode(path: string, follow = true): Inode | undefined {
    return this.kernel.host.inode(path, follow);
  }
  /** Makes a directory with its parents, unless it exists. */
  makeDirectory(path: string): void {
    this.kernel.host.makeDirectory(path);
  }
  /** Writes a file that only its owner can read. */
  createFile(path: string, bytes: Uint8Array): void {
    this.kernel.host.createFile(path, bytes);
  }
  /** Gives a file to another user. Its group, which is this process's, can still read it. */
  giveFile(path: string, uid: number): void {
    this.kernel.host.giveFile(path, uid);
  }
  /**
   * Makes a system call whose failure is an answer.
   *
   * @returns its result, or -errno.
   */
  attempt(name: SyscallName, ...args: readonly (Word | Data | string)[]): number {
    const operands = args.map((value, index) => {
      const problem = problemOfArgument(value);
      if (problem !== undefined) throw new TypeError(`Cannot make ${name}(): argument ${index + 1} is ${problem}`);
      if (typeof value === "string") return addressOf(cString(value));
      return typeof value === "object" ? addressOf(value) : value;
    });
    return this.kernel.host.call({ kind: "syscall", name, args: operands });
  }
  /** The bytes of an option of a socket of this process, at most `size`; undefined when the socket does not have it, and in a dry run. */
  socketOption(socket: number, level: number, option: number, size: number): Uint8Array | undefined {
    return this.kernel.host.socketOption(socket, level, option, size);
  }
  /** Bytes of a file, fewer at its end, or undefined when it cannot be read, or in a dry run. */
  readBytes(path: string, offset: number, length: number): Uint8Array | undefined {
    return this.kernel.host.readBytes(path, offset, length);
  }

  /** CPUID of the current processor: eax, ebx, ecx, edx; undefined in a dry run. */
  cpuid(leaf: number, subleaf: number): readonly [number, number, number, number] | undefined {
    return this.kernel.host.cpuid(leaf, subleaf);
  }
  /** Those of the pids that belong to zombies. */
  findZombies(pids: ReadonlySet<number>): readonly number[] {
    return this.kernel.host.findZombies(pids);
  }
  /** A description of what holds a pid: a process, a zombie, a process group or a session. Undefined when it is free. */
  pidHolder(pid: number): string | undefined {
    return this.kernel.host.pidHolder(pid);
  }
  /** A description of the process that has a socket open, by the socket's inode. */
  socketHolder(inode: number): string | undefined {
    return this.kernel.host.socketHolder(inode);
  }

  /** Runs a program of this machine, found by PATH, and waits for its end. */
  runProgram(name: string, args: readonly string[], input?: string | Uint8Array): ProgramOutcome {
    return this.kernel.host.runProgram(name, args, input);
  }
  /** Whether PATH leads to a program; false in a dry run, unless the recording kernel has output for it. */
  isInstalled(name: string): boolean {
    return this.kernel.host.isInstalled(name);
  }

  /**
   * Does work of the coordinator in another namespace: it makes sockets, reads and writes sysctls, and runs programs there. The work must be
   * synchronous. Requires CAP_SYS_ADMIN. Source: setns(2).
   *
   * @param path of the namespace: /proc/PID/ns/net.
   */
  inside<T>(path: string, kind: keyof typeof ENTERED, work: () => T): T {
    const own = this.#openNamespace(`/proc/self/ns/${kind}`);
    try {
      const other = this.#openNamespace(path);
      try {
        this.call.setns(other, ENTERED[kind]);
      } finally {
        this.call.close(other);
      }
      try {
        return work();
      } finally {
        this.call.setns(own, ENTERED[kind]);
      }
    } finally {
      this.call.close(own);
    }
  }

  /**
   * Does work of the coordinator in another mount namespace. The work must be synchronous, and reach files by descriptors: paths are those of the other
   * namespace. From then on this thread has a root and working directory of its own. Requires CAP_SYS_ADMIN and CAP_SYS_CHROOT. Source: setns(2).
   */
  insideMounts<T>(path: string, work: () => T): T {
    const opened: number[] = [];
    const open = (name: string, flags: number): number => {
      const { result } = this.call.openat(AT_FDCWD, name, flags | O.CLOEXEC, 0);
      opened.push(result);
      return result;
    };
    try {
      const other = open(path, O.RDONLY);
      const own = open("/proc/self/ns/mnt", O.RDONLY);
      const root = open("/", O.PATH);
      const directory = open(".", O.PATH);
      this.call.unshare(CLONE.FS);
      this.call.setns(other, CLONE.NEWNS);
      try {
        return work();
      } finally {
        // Entering a mount namespace changes root and working directory to the root of that namespace.
        this.call.setns(own, CLONE.NEWNS);
        this.call.fchdir(root);
        this.call.chroot(".");
        this.call.fchdir(directory);
      }
    } finally {
      for (const descriptor of opened) this.call.close(descriptor);
    }
  }

  #openNamespace(path: string): number {
    return this.call.openat(AT_FDCWD, path, O.RDONLY | O.CLOEXEC, 0).result;
  }

  /**
   * System calls with an undo: `host.undoneBy((call) => call.unlinkat(AT_FDCWD, path, AT.REMOVEDIR)).mkdirat(AT_FDCWD, path, 0o700)`. The undo runs when the
   * restore fails, even if the coordinator itself is killed. Undos run in reverse order; a failing one does not stop the others. It is registered before the
   * call is made, so that a coordinator that is killed between the two leaves nothing behind, and cancelled if the call fails.
   */
  undoneBy(record: (call: Calls) => void): HostCalls {
    return callsOf(this, record);
  }

  make(name: CallName, args: readonly unknown[], undo?: (call: Calls) => void): HostCall {
    let forget = undo === undefined ? undefined : this.undo(undo);
    const undone = (): void => {
      forget?.();
      forget = undefined;
    };
    try {
      return { result: this.#make(name, args), undone };
    } catch (error) {
      undone();
      throw error;
    }
  }

  #make(name: CallName, args: readonly unknown[]): number {
    const step: SyscallStep = { kind: "syscall", name, args: encodeArguments(name, args) };
    const result = this.kernel.host.call(step);
    if (result < 0 && result >= -4095) {
      const printed = printStep(step);
      throw new RestoreError("ERR_SYSCALL", `The coordinator's ${name}() failed: ${errnoText(-result)}`, {
        plugin: this.plugin,
        syscall: { name, printed, errno: -result },
        hint: hintFor(name, -result),
      });
    }
    return result;
  }

  /** Registers an undo of something that a task is about to make. Returns a function that cancels it. */
  undo(record: (call: Calls) => void): () => void {
    const steps: RecordedStep[] = [];
    const builder = new ProgramBuilder(async (recorded) => void steps.push(...recorded));
    builder.plugin = this.plugin;
    record(builder.call);
    void builder.flush();
    return this.kernel.pushUndo(steps);
  }
}

function problemOfArgument(value: unknown): string | undefined {
  return typeof value === "string" ? undefined : pointer.problem(value);
}

class HostRecorder {
  readonly host: Host;
  readonly undo: ((call: Calls) => void) | undefined;
  constructor(host: Host, undo: ((call: Calls) => void) | undefined) {
    this.host = host;
    this.undo = undo;
  }
}

function callsOf(host: Host, undo: ((call: Calls) => void) | undefined): HostCalls {
  return new HostRecorder(host, undo) as unknown as HostCalls;
}

for (const name of Object.keys(CALLS) as CallName[]) {
  Object.defineProperty(HostRecorder.prototype, name, {
    value(this: HostRecorder, ...args: unknown[]) {
      return this.host.make(name, args, this.undo);
    },
  });
}
