import { ERRNO } from "../abi/errno.ts";
import { GDT_TLS, NT, PTRACE, SYSCALL_DISPATCH_SIZE, USER_DESC } from "../abi/ptrace.ts";
import { USER_REGS_SIZE } from "../abi/user-regs-x86-64.ts";
import { W, waitStatus } from "../abi/wait.ts";
import { nameOfTask } from "../host/procfs.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { Stopwatch } from "../host/stopwatch.ts";
import { checked } from "../host/system-error.ts";

/** Time limit of a stop that requires no work of the task, in milliseconds. */
export const STOP_TIMEOUT = 10_000;

const REGISTERS_AT = 0;
const IOVEC_AT = 512;
const STATUS_AT = 544;
const AREA_AT = 4096;
const AREA_SIZE = 64 * 1024;

const SIGINFO_SIZE = 128;
const SIGNALS_AT_ONCE = 32;
/** sizeof(struct sock_filter). */
const SOCK_FILTER_SIZE = 8;

/** Where a thread's struct rseq is; `pointer` 0 when none is registered. */
export interface RseqConfiguration {
  readonly pointer: bigint;
  readonly size: number;
  readonly signature: number;
}

/**
 * ptrace(2) and wait4(2) as this project uses them. Every method needs the thread that seized the tracee.
 */
export class Ptrace {
  readonly #host: RawSyscalls;

  constructor(host: RawSyscalls) {
    this.#host = host;
  }

  /** Returns 0, or -errno: -ESRCH when there is no such task, -EPERM also for a zombie and for one that is traced already. */
  trySeize(tid: number, options: number): number {
    return this.#request(PTRACE.SEIZE, tid, 0, options);
  }
  seize(tid: number, options: number): void {
    checked(this.#request(PTRACE.SEIZE, tid, 0, options), "ptrace(PTRACE_SEIZE)", () => `trace ${nameOfTask(tid)}`);
  }
  /** Returns 0, or -errno: -ESRCH when the tracee is gone. */
  interrupt(tid: number): number {
    return this.#request(PTRACE.INTERRUPT, tid, 0, 0);
  }
  setOptions(tid: number, options: number): void {
    checked(this.trySetOptions(tid, options), "ptrace(PTRACE_SETOPTIONS)", () => `trace ${nameOfTask(tid)}`);
  }
  /** Returns 0, or -errno: -ESRCH when the tracee is gone or not stopped. */
  trySetOptions(tid: number, options: number): number {
    return this.#request(PTRACE.SETOPTIONS, tid, 0, options);
  }
  /** Returns 0, or -errno: -ESRCH when the tracee is gone or not stopped. */
  resume(tid: number, signal = 0): number {
    return this.#request(PTRACE.CONT, tid, 0, signal);
  }
  /** Runs until the next start or end of a system call. */
  resumeToSyscall(tid: number, signal = 0): number {
    return this.#request(PTRACE.SYSCALL, tid, 0, signal);
  }
  /** Returns 0, or -errno. */
  detach(tid: number, signal: number): number {
    return this.#request(PTRACE.DETACH, tid, 0, signal);
  }
  getRegisters(tid: number): Uint8Array {
    checked(this.#fetchRegisters(tid), "ptrace(PTRACE_GETREGS)", () => `read the registers of ${nameOfTask(tid)}`);
    return this.#fetchedRegisters();
  }
  /** Undefined when the tracee is not stopped, or gone. */
  tryGetRegisters(tid: number): Uint8Array | undefined {
    return this.#fetchRegisters(tid) < 0 ? undefined : this.#fetchedRegisters();
  }
  /** Returns 0, or -errno. */
  setRegisters(tid: number, registers: Uint8Array): number {
    this.#host.scratch.set(registers, REGISTERS_AT);
    return this.#request(PTRACE.SETREGS, tid, 0, this.#host.scratchAddress + REGISTERS_AT);
  }
  /** The whole extended state, as XSAVE lays it out. */
  getExtendedState(tid: number): Uint8Array {
    const result = this.#registerSet(PTRACE.GETREGSET, tid, AREA_SIZE);
    checked(result, "ptrace(PTRACE_GETREGSET)", () => `read the extended state of ${nameOfTask(tid)}`);
    const length = Number(this.#host.scratchView.getBigUint64(IOVEC_AT + 8, true));
    return this.#host.scratch.slice(AREA_AT, AREA_AT + length);
  }
  /** Returns 0, or -errno. Anything but the full length that getExtendedState gives is EFAULT. */
  setExtendedState(tid: number, area: Uint8Array): number {
    this.#host.scratch.set(area, AREA_AT);
    return this.#registerSet(PTRACE.SETREGSET, tid, area.length);
  }
  /** Returns 0, or -errno. */
  setSignalMask(tid: number, mask: bigint): number {
    this.#host.scratchView.setBigUint64(REGISTERS_AT, mask, true);
    return this.#request(PTRACE.SETSIGMASK, tid, 8, this.#host.scratchAddress + REGISTERS_AT);
  }

  /**
   * The mask of blocked signals; of a task in sigsuspend(2) the one that comes back afterwards. Undefined when the tracee is not stopped, or gone.
   */
  tryGetSignalMask(tid: number): bigint | undefined {
    return this.#fetchSignalMask(tid) < 0 ? undefined : this.#host.scratchView.getBigUint64(REGISTERS_AT, true);
  }
  /** Pending signals in their order, each a siginfo_t of 128 bytes: of the process, or of the thread alone. */
  peekSignals(tid: number, shared: boolean): readonly Uint8Array[] {
    const { scratch, scratchView, scratchAddress } = this.#host;
    const infos: Uint8Array[] = [];
    for (;;) {
      scratchView.setBigUint64(REGISTERS_AT, BigInt(infos.length), true);
      scratchView.setUint32(REGISTERS_AT + 8, shared ? 1 : 0, true);
      scratchView.setUint32(REGISTERS_AT + 12, SIGNALS_AT_ONCE, true);
      const got = this.#request(PTRACE.PEEKSIGINFO, tid, scratchAddress + REGISTERS_AT, scratchAddress + AREA_AT);
      checked(got, "ptrace(PTRACE_PEEKSIGINFO)", () => `read the pending signals of ${nameOfTask(tid)}`);
      for (let n = 0; n < got; n++)
        infos.push(scratch.slice(AREA_AT + SIGINFO_SIZE * n, AREA_AT + SIGINFO_SIZE * (n + 1)));
      if (got < SIGNALS_AT_ONCE) return infos;
    }
  }
  /** The registration of restartable sequences. Undefined before Linux 5.13, which cannot tell. */
  getRseq(tid: number): RseqConfiguration | undefined {
    const { scratchView: view, scratchAddress } = this.#host;
    const result = this.#request(PTRACE.GET_RSEQ_CONFIGURATION, tid, 24, scratchAddress + REGISTERS_AT);
    if (result < 0) return undefined;
    return {
      pointer: view.getBigUint64(REGISTERS_AT, true),
      size: view.getUint32(REGISTERS_AT + 8, true),
      signature: view.getUint32(REGISTERS_AT + 12, true),
    };
  }
  /** The entries of the GDT that a thread has of its own, each a struct user_desc. None on kernels without 32-bit tasks, which have no such entries. */
  getThreadAreas(tid: number): readonly Uint8Array[] {
    const { scratch, scratchAddress } = this.#host;
    const areas: Uint8Array[] = [];
    for (let entry = GDT_TLS.first; entry < GDT_TLS.first + GDT_TLS.count; entry++) {
      if (this.#request(PTRACE.GET_THREAD_AREA, tid, entry, scratchAddress + REGISTERS_AT) < 0) break;
      areas.push(scratch.slice(REGISTERS_AT, REGISTERS_AT + USER_DESC.size));
    }
    return areas;
  }
  /** Returns 0, or -errno. */
  setThreadArea(tid: number, area: Uint8Array): number {
    const { scratch, scratchView, scratchAddress } = this.#host;
    scratch.set(area, REGISTERS_AT);
    const entry = scratchView.getUint32(REGISTERS_AT + USER_DESC.entry_number, true);
    return this.#request(PTRACE.SET_THREAD_AREA, tid, entry, scratchAddress + REGISTERS_AT);
  }
  /** How system calls are dispatched to user space: struct ptrace_sud_config; undefined before Linux 6.4. */
  getSyscallDispatch(tid: number): Uint8Array | undefined {
    const { scratch, scratchAddress } = this.#host;
    const address = scratchAddress + REGISTERS_AT;
    const result = this.#request(PTRACE.GET_SYSCALL_USER_DISPATCH_CONFIG, tid, SYSCALL_DISPATCH_SIZE, address);
    return result < 0 ? undefined : scratch.slice(REGISTERS_AT, REGISTERS_AT + SYSCALL_DISPATCH_SIZE);
  }
  /** Returns 0, or -errno. */
  setSyscallDispatch(tid: number, configuration: Uint8Array): number {
    const { scratch, scratchAddress } = this.#host;
    scratch.set(configuration, REGISTERS_AT);
    const address = scratchAddress + REGISTERS_AT;
    return this.#request(PTRACE.SET_SYSCALL_USER_DISPATCH_CONFIG, tid, configuration.length, address);
  }
  /**
   * A seccomp filter as an array of struct sock_filter; index 0 is the newest. Undefined after the oldest. Requires CAP_SYS_ADMIN in the first user
   * namespace, and a tracer without filters.
   */
  getSeccompFilter(tid: number, index: number): Uint8Array | undefined {
    const { scratch, scratchAddress } = this.#host;
    const count = this.#request(PTRACE.SECCOMP_GET_FILTER, tid, index, scratchAddress + AREA_AT);
    if (count === -ERRNO.ENOENT) return undefined;
    checked(count, "ptrace(PTRACE_SECCOMP_GET_FILTER)", () => `read a seccomp filter of ${nameOfTask(tid)}`);
    return scratch.slice(AREA_AT, AREA_AT + SOCK_FILTER_SIZE * count);
  }
  /** Flags with which a seccomp filter was installed. */
  getSeccompFlags(tid: number, index: number): number {
    const { scratchView: view, scratchAddress } = this.#host;
    view.setBigUint64(REGISTERS_AT, BigInt(index), true);
    view.setBigUint64(REGISTERS_AT + 8, 0n, true);
    const result = this.#request(PTRACE.SECCOMP_GET_METADATA, tid, 16, scratchAddress + REGISTERS_AT);
    checked(result, "ptrace(PTRACE_SECCOMP_GET_METADATA)", () => `read a seccomp filter of ${nameOfTask(tid)}`);
    return view.getUint32(REGISTERS_AT + 8, true);
  }

  /**
   * Returns the stop or end of a tracee or child, without waiting.
   *
   * @returns the raw wait status, undefined when there is nothing to tell, or "gone" when there is no such child.
   */
  poll(tid: number): number | undefined | "gone" {
    const { scratchView, scratchAddress } = this.#host;
    const result = this.#host.syscall("wait4", tid, scratchAddress + STATUS_AT, W.ALL | W.NOHANG, 0);
    if (result === 0) return undefined;
    if (result < 0) return "gone";
    return scratchView.getUint32(STATUS_AT, true);
  }

  /**
   * Like poll, but blocks this thread for up to `milliseconds`. It polls a few times at once, for stops within microseconds, and then sleeps for
   * growing times: constant polling would slow down tasks that fork.
   */
  wait(tid: number, milliseconds: number): number | undefined | "gone" {
    const watch = new Stopwatch();
    let pause = 20;
    for (let tries = 0; ; tries++) {
      const status = this.poll(tid);
      if (status !== undefined) return status;
      if (tries < 10) continue;
      if (watch.milliseconds() > milliseconds) return undefined;
      this.#host.sleep(pause);
      pause = Math.min(2 * pause, 1000);
    }
  }

  /** Waits until a killed task is gone, and reaps it. Returns false after the time limit. */
  waitForEnd(tid: number): boolean {
    for (let stops = 0; stops < 16; stops++) {
      const raw = this.wait(tid, STOP_TIMEOUT);
      if (raw === undefined) return false;
      if (raw === "gone" || waitStatus(raw).kind !== "stopped") return true;
    }
    return false;
  }

  #fetchSignalMask(tid: number): number {
    return this.#request(PTRACE.GETSIGMASK, tid, 8, this.#host.scratchAddress + REGISTERS_AT);
  }
  #fetchRegisters(tid: number): number {
    return this.#request(PTRACE.GETREGS, tid, 0, this.#host.scratchAddress + REGISTERS_AT);
  }
  #fetchedRegisters(): Uint8Array {
    return this.#host.scratch.slice(REGISTERS_AT, REGISTERS_AT + USER_REGS_SIZE);
  }
  #registerSet(request: number, tid: number, length: number): number {
    const { scratchView, scratchAddress } = this.#host;
    scratchView.setBigUint64(IOVEC_AT, BigInt(scratchAddress + AREA_AT), true);
    scratchView.setBigUint64(IOVEC_AT + 8, BigInt(length), true);
    return this.#request(request, tid, NT.X86_XSTATE, scratchAddress + IOVEC_AT);
  }
  #request(request: number, tid: number, address: number, data: number): number {
    return this.#host.syscall("ptrace", request, tid, address, data);
  }
}
