import { ERRNO } from "../abi/errno.ts";
import { MAP, MFD, PROT } from "../abi/mman.ts";
import { PTRACE_EVENT_STOP } from "../abi/ptrace.ts";
import { SIG, signalBit } from "../abi/signal.ts";
import { syscallNumber } from "../abi/syscall.ts";
import { type UserReg, userRegOffset } from "../abi/user-regs-x86-64.ts";
import { waitStatus } from "../abi/wait.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { type SpawnOptions, spawn } from "../host/spawn.ts";
import { checked } from "../host/system-error.ts";
import type { RestorerArea, Slot } from "../restorer-area/restorer-area.ts";
import { type Ptrace, STOP_TIMEOUT } from "../tracee/ptrace.ts";
import { stubBootAddress, stubElf } from "./stub-x86-64.ts";

/** During a restore everything is blocked but SIGTRAP, by which the interpreter stops. */
const RESTORE_MASK = 0xffff_ffff_ffff_ffffn & ~signalBit(SIG.TRAP);

/** A stub that is stopped; continued, it maps the restorer area and runs the program that its slot names. */
export interface BootedStub {
  readonly pid: number;
  readonly slot: Slot;
  /** Its registers as the kernel made them: what programs begin with. */
  readonly registers: Uint8Array;
  /** Its extended state: that of a thread that has used nothing. */
  readonly extendedState: Uint8Array;
}

export interface BootOptions {
  /** Descriptors without CLOEXEC for the stub alone, beside the restorer area's. */
  readonly inherit?: readonly number[];
  /** Without it a child of this process. */
  readonly start?: SpawnOptions | undefined;
}

/**
 * Starts a stub and seizes it.
 *
 * @param address where its page is to be loaded; free, as is the restorer area's region, in a new program.
 * @param options of PTRACE_SEIZE.
 */
export function bootStub(
  host: RawSyscalls,
  ptrace: Ptrace,
  area: RestorerArea,
  address: number,
  options: number,
  { inherit = [], start }: BootOptions = {},
): BootedStub {
  const pid = startStub(host, area, address, inherit, start);
  try {
    ptrace.seize(pid, options);
    ptrace.interrupt(pid);
    const raw = ptrace.wait(pid, STOP_TIMEOUT);
    const status = typeof raw === "number" ? waitStatus(raw) : undefined;
    if (status?.kind !== "stopped" || status.event !== PTRACE_EVENT_STOP) {
      throw new Error(`Cannot stop the stub ${pid}: its wait status is ${raw}`);
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
    host.syscall("kill", pid, SIG.KILL);
    ptrace.waitForEnd(pid);
    throw error;
  }
}

/** The stub's file is a memfd of its own, closed at once; the restorer area's memfd is inherited for this one start. */
function startStub(
  host: RawSyscalls,
  area: RestorerArea,
  address: number,
  inherit: readonly number[],
  start: SpawnOptions | undefined,
): number {
  host.scratch.set(new TextEncoder().encode("restage-stub\0"));
  let file = host.syscall("memfd_create", host.scratchAddress, MFD.CLOEXEC | MFD.EXEC);
  // Kernels before 6.3 do not know MFD_EXEC, and need it not.
  if (file === -ERRNO.EINVAL) file = host.syscall("memfd_create", host.scratchAddress, MFD.CLOEXEC);
  checked(file, "memfd_create", "make the stub");
  const inherited = [area.descriptor, ...inherit];
  try {
    const elf = stubElf(address);
    host.scratch.set(elf);
    // Not through the runtime's file functions: Deno's know only the descriptors that it opened itself.
    checked(host.syscall("write", file, host.scratchAddress, elf.length), "write", "make the stub");
    for (const descriptor of inherited) host.setCloexec(descriptor, false);
    return spawn(host, `/proc/self/fd/${file}`, start);
  } finally {
    for (const descriptor of inherited) host.setCloexec(descriptor, true);
    host.syscall("close", file);
  }
}

/** The stub's registers with some changed, its slot in r12, and no system call to be restarted. */
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
