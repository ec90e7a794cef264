import { ERRNO } from "../abi/errno.ts";
import type { UserReg } from "../abi/user-regs-x86-64.ts";
import { nameOfTask } from "../host/procfs.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { checked, SystemError } from "../host/system-error.ts";
import type { Tracee } from "../kernel.ts";
import type { RestorerArea, Slot } from "../restorer-area/restorer-area.ts";
import { type BootedStub, withRegisters } from "../stub/boot.ts";
import { BatchRunner } from "../tracee/batch-runner.ts";
import type { Ptrace } from "../tracee/ptrace.ts";

/**
 * The threads that a restore traces, and what they share: the restorer area, in which their programs run, and the registers of the stub, with
 * which every program begins.
 */
export class TracedTree {
  readonly raw: RawSyscalls;
  readonly ptrace: Ptrace;
  readonly area: RestorerArea;
  readonly runner: BatchRunner;
  /** The extended state of a new thread, as XSAVE lays it out. */
  readonly initialExtendedState: Uint8Array;
  /** The stub, or the init that replaced it. Undefined if the stub itself became the root task, and after it is dismissed. */
  stub: Tracee | undefined;
  /** The first processes of pid namespaces. */
  readonly inits = new Set<Tracee>();
  /** Leaders of processes that were resumed into a stop: no longer traced, but killed with the others. */
  stoppedLeaders: readonly Tracee[] = [];
  /** What tasks in pid namespaces below this process's have forked, and this process has not taken over yet: by forker and by the id there. */
  readonly newborn = new Map<number, Map<string, number>>();
  /** Processes that have ended: each is a zombie of its parent, which may never wait for it. */
  readonly ended = new Set<number>();
  readonly #slots = new Map<Tracee, Slot>();
  readonly #booted: Pick<BootedStub, "registers" | "extendedState">;
  readonly #timeout: number;

  /** @param timeout how long a program may go without finishing a step, in milliseconds. */
  constructor(
    raw: RawSyscalls,
    ptrace: Ptrace,
    area: RestorerArea,
    booted: Pick<BootedStub, "registers" | "extendedState">,
    timeout: number,
  ) {
    this.raw = raw;
    this.ptrace = ptrace;
    this.area = area;
    this.runner = new BatchRunner(raw, ptrace, area, this.#slots, timeout, (tracee) => this.deleteEnded(tracee));
    this.#booted = booted;
    this.#timeout = timeout;
    this.initialExtendedState = booted.extendedState;
  }

  /** A tree of other threads that use the same restorer area. */
  sibling(): TracedTree {
    return new TracedTree(this.raw, this.ptrace, this.area, this.#booted, this.#timeout);
  }

  /** The traced threads, oldest first. */
  get tracees(): readonly Tracee[] {
    return [...this.#slots.keys()];
  }
  add(tracee: Tracee, slot: Slot): void {
    this.#slots.set(tracee, slot);
  }
  delete(tracee: Tracee): void {
    this.#slots.delete(tracee);
  }
  /** Like delete, for a thread whose end was reported to its tracer. */
  deleteEnded(tracee: Tracee): void {
    this.delete(tracee);
    if (tracee.tid === tracee.tgid) this.ended.add(tracee.tid);
  }

  /** Sets the registers of a stopped thread: the given ones, its slot, and the stub's values for all others. */
  setRegisters(tracee: Tracee, values: Partial<Record<UserReg, number | bigint>>): void {
    const slot = this.#slots.get(tracee);
    if (slot === undefined) throw new SystemError("ptrace", ERRNO.ESRCH, `control ${nameOfTask(tracee.tid)}`);
    const registers = withRegisters(this.#booted.registers, slot, values);
    const result = this.ptrace.setRegisters(tracee.tid, registers);
    checked(result, "ptrace(PTRACE_SETREGS)", () => `set the registers of ${nameOfTask(tracee.tid)}`);
  }
}
