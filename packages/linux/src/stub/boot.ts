import { MAP, PROT } from "../abi/mman.ts";
import { PTRACE_EVENT_STOP } from "../abi/ptrace.ts";
import { ALL_SIGNALS, SIG, signalBit } from "../abi/signal.ts";
import { syscallNumber } from "../abi/syscall.ts";
import { type UserReg, userRegOffset } from "../abi/user-regs-x86-64.ts";
import { waitStatus } from "../abi/wait.ts";
import { openPipe } from "../host/pipe.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { type SpawnOptions, spawnElf } from "../host/spawn.ts";
import { checked } from "../host/system-error.ts";
import type { RestorerArea, Slot } from "../restorer-area/restorer-area.ts";
import { type Ptrace, STOP_TIMEOUT } from "../tracee/ptrace.ts";
import { stubBootAddress, stubElf } from "./stub-x86-64.ts";

/** Blocked signals during a restore: all but SIGTRAP, with which the interpreter stops. */
const RESTORE_MASK = ALL_SIGNALS & ~signalBit(SIG.TRAP);

/** A stopped stub. When it continues, it maps the restorer area and runs the program of its slot. */
export interface BootedStub {
  readonly pid: number;
  readonly slot: Slot;
  /** Its registers as the kernel made them, with which every program begins. */
  readonly registers: Uint8Array;
  /** Its extended state, which is that of a new thread. */
  readonly extendedState: Uint8Array;
}

export interface BootOptions {
  /** Descriptors that the stub inherits, in addition to the restorer area's. */
  readonly inherit?: readonly number[];
  /** How to start the stub. Default: as a child of this process. */
  readonly start?: SpawnOptions | undefined;
}

/**
 * Starts a stub and seizes it.
 *
 * @param address of the stub's page. It and the restorer area's region must be free in a new program.
 * @param options of PTRACE_SEIZE.
 */
export function bootStub(
  raw: RawSyscalls,
  ptrace: Ptrace,
  area: RestorerArea,
  address: number,
  options: number,
  { inherit = [], start }: BootOptions = {},
): BootedStub {
  const lifeline = openPipe(raw);
  try {
    const pid = startStub(raw, area, address, inherit, lifeline.read, start);
    return seizeStub(raw, ptrace, area, pid, address, options);
  } finally {
    // It is traced, and dies with this process without the pipe.
    raw.syscall("close", lifeline.read);
    raw.syscall("close", lifeline.write);
  }
}

function seizeStub(
  raw: RawSyscalls,
  ptrace: Ptrace,
  area: RestorerArea,
  pid: number,
  address: number,
  options: number,
): BootedStub {
  try {
    ptrace.seize(pid, options);
    ptrace.interrupt(pid);
    const waited = ptrace.wait(pid, STOP_TIMEOUT);
    const status = typeof waited === "number" ? waitStatus(waited) : undefined;
    if (status?.kind !== "stopped" || status.event !== PTRACE_EVENT_STOP) {
      throw new Error(`Cannot stop the stub ${pid}: its wait status is ${waited}`);
    }
    checked(ptrace.setSignalMask(pid, RESTORE_MASK), "ptrace(PTRACE_SETSIGMASK)", "block the signals of the stub");
    const registers = ptrace.getRegisters(pid);
    const slot = area.addSlot();
    // The first program runs in the stub's own page: it maps the restorer area and jumps into the interpreter there.
    const boot = withRegisters(registers, slot, {
      ax: syscallNumber("mmap"),
      di: area.address,
      si: area.size,
      dx: PROT.READ | PROT.WRITE | PROT.EXEC,
      r10: MAP.SHARED | MAP.FIXED_NOREPLACE | MAP.NORESERVE,
      r8: area.descriptor,
      r9: 0,
      r13: area.entry,
      ip: stubBootAddress(address),
    });
    checked(ptrace.setRegisters(pid, boot), "ptrace(PTRACE_SETREGS)", "start the stub");
    return { pid, slot, registers, extendedState: ptrace.getExtendedState(pid) };
  } catch (error) {
    raw.syscall("kill", pid, SIG.KILL);
    ptrace.waitForEnd(pid);
    throw error;
  }
}

/** Starts the stub, which inherits the restorer area's memfd and the lifeline. */
function startStub(
  raw: RawSyscalls,
  area: RestorerArea,
  address: number,
  inherit: readonly number[],
  lifeline: number,
  start: SpawnOptions | undefined,
): number {
  return spawnElf(raw, stubElf(address, lifeline), [area.descriptor, lifeline, ...inherit], start);
}

/** The stub's registers with some changed, the slot in r12, and no system call that the kernel would restart. */
export function withRegisters(
  registers: Uint8Array,
  slot: Slot,
  values: Partial<Record<UserReg, number | bigint>>,
): Uint8Array {
  const changed = registers.slice();
  const view = new DataView(changed.buffer);
  const set = (name: UserReg, value: number | bigint) =>
    view.setBigUint64(userRegOffset(name), BigInt.asUintN(64, BigInt(value)), true);
  set("orig_ax", -1);
  set("r12", slot.address);
  for (const [name, value] of Object.entries(values)) set(name as UserReg, value);
  return changed;
}
