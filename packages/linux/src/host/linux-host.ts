import { ERRNO } from "../abi/errno.ts";
import { F, O } from "../abi/fcntl.ts";
import { CLOCK } from "../abi/time.ts";
import type { KernelHost } from "../kernel.ts";
import type { SyscallStep } from "../program/program.ts";
import {
  createFile,
  giveFile,
  listDirectory,
  makeDirectory,
  readBytes,
  readInode,
  statFile,
  writeWhole,
} from "./file-system.ts";
import { findZombies, pidHolder, readLink, readText, socketHolder } from "./procfs.ts";
import type { RawSyscalls } from "./raw-syscalls.ts";
import { isInstalled, runProgram } from "./run-program.ts";
import { checked } from "./system-error.ts";

const CLOCKS = { CLOCK_MONOTONIC: CLOCK.MONOTONIC, CLOCK_BOOTTIME: CLOCK.BOOTTIME } as const;

/** Where the value of a socket option is in the scratch memory, behind its length. */
const VALUE_AT = 8;

/** The coordinator's own access to the machine: calls, files, processes and clocks. */
export class LinuxHost implements KernelHost {
  readonly runId = `${process.pid}-${Math.random().toString(36).slice(2, 10)}`;
  readonly writeFile = writeWhole;
  readonly stat = statFile;
  readonly readText = readText;
  readonly readLink = readLink;
  readonly list = listDirectory;
  readonly inode = readInode;
  readonly makeDirectory = makeDirectory;
  readonly createFile = createFile;
  readonly giveFile = giveFile;
  readonly readBytes = readBytes;
  readonly findZombies = findZombies;
  readonly socketHolder = socketHolder;
  readonly runProgram = runProgram;
  readonly isInstalled = isInstalled;
  readonly #raw: RawSyscalls;

  constructor(raw: RawSyscalls) {
    this.#raw = raw;
  }

  get pid(): number {
    return process.pid;
  }

  call(step: SyscallStep): number {
    return this.#raw.run(step);
  }

  pidHolder(pid: number): string | undefined {
    return this.#isPidFree(pid) ? undefined : pidHolder(pid);
  }

  /**
   * Only an id that the kernel has a use for can own a descriptor, be it that of a process, a thread, a group or a session. To look for sessions in /proc
   * takes a read of a file of each process. Source: fcntl(2), F_SETOWN.
   */
  #isPidFree(pid: number): boolean {
    const descriptor = this.#raw.syscall("eventfd2", 0, O.CLOEXEC);
    if (descriptor < 0) return false;
    const result = this.#raw.syscall("fcntl", descriptor, F.SETOWN, pid);
    this.#raw.syscall("close", descriptor);
    return result === -ERRNO.ESRCH;
  }

  /** There are dozens of options for each socket, so this does without a step. */
  socketOption(socket: number, level: number, option: number, size: number): Uint8Array | undefined {
    const { scratch, scratchAddress: at, scratchView: view } = this.#raw;
    scratch.fill(0, VALUE_AT, VALUE_AT + size);
    view.setInt32(0, size, true);
    const result = this.#raw.syscall("getsockopt", socket, level, option, at + VALUE_AT, at);
    if (result < 0) return undefined;
    return scratch.slice(VALUE_AT, VALUE_AT + Math.min(size, view.getInt32(0, true)));
  }

  cpuid(leaf: number, subleaf: number): readonly [number, number, number, number] {
    return this.#raw.cpuid(leaf, subleaf);
  }

  clock(clock: keyof typeof CLOCKS): bigint {
    const { scratchAddress, scratchView } = this.#raw;
    const result = this.#raw.syscall("clock_gettime", CLOCKS[clock], scratchAddress);
    checked(result, "clock_gettime", `read ${clock}`);
    return scratchView.getBigInt64(0, true) * 1_000_000_000n + scratchView.getBigInt64(8, true);
  }
}
