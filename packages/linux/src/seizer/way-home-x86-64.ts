import { ALL_SIGNALS, SIG_BLOCK, SIGSET_SIZE } from "../abi/signal.ts";
import { syscallNumber } from "../abi/syscall.ts";
import { type UserReg, userRegOffset } from "../abi/user-regs-x86-64.ts";
import { restartedHere } from "./interrupted-call-x86-64.ts";
import { MARK_SIZE, markedTrampoline } from "./left-trampolines.ts";
import { MachineCode, NUMBERED, SYSCALL } from "./machine-code-x86-64.ts";

/**
 * Machine code that leads a thread back to where it was stopped, without help: with every general register, the flags, the stack and the mask of
 * blocked signals that it had. It runs when the tracer of a thread that is away dies.
 *
 * Why not rt_sigreturn(2): that forgets how long an interrupted sleep still has to last, and needs the whole extended state and, with a shadow stack, a
 * token there. This code touches neither. A thread in a restartable sequence goes to its abort handler (see `PtraceSeizer`).
 *
 *     block all signals            # so that no handler finds the stack pointer elsewhere
 *     rsp = address of the flags ; popfq ; rsp = its own
 *     set its own signal mask      # signals that waited are handled here, on its own stack
 *     every other register = its own
 *     jump to where it was
 */
export function wayHome(registers: Uint8Array, signalMask: bigint): Uint8Array {
  const code = new MachineCode();
  writeWayHome(code, registers, signalMask);
  return code.finish();
}

/** The same, for a thread that first runs a program of the interpreter. The code begins with the visit. */
export function visit(entry: number, slot: number): Uint8Array {
  const code = new MachineCode();
  blockAll(code);
  enter(code, entry, slot);
  return code.finish();
}

/** Runs the program of a slot: the interpreter leaves it to the way home. */
export function enter(code: MachineCode, entry: number, slot: number): void {
  code.load("r12", BigInt(slot));
  code.load("ax", BigInt(entry));
  code.emit(0xff, 0xe0); // jmp rax
}

/** Where code of a trampoline starts. */
export const TRAMPOLINE_AT = { map: MARK_SIZE, unmap: MARK_SIZE + SYSCALL.length } as const;

/**
 * Code for a thread of a process that has no memory of ours yet, or must lose it. At `map` the thread makes the call that its registers describe; the tracer
 * stops it at the end of that call, and the rest does not run. When the tracer is dead, it does: the memory is unmapped and the thread goes home. At `unmap` it does
 * this from the start. It stays where it is then, with a mark by which a later checkpoint knows it.
 */
export function trampoline(
  registers: Uint8Array,
  signalMask: bigint,
  memory: { readonly address: number; readonly size: number },
): Uint8Array {
  const code = new MachineCode();
  code.emit(...SYSCALL);
  code.load("ax", BigInt(syscallNumber("munmap")));
  code.load("di", BigInt(memory.address));
  code.load("si", BigInt(memory.size));
  code.emit(...SYSCALL);
  writeWayHome(code, registers, signalMask);
  return markedTrampoline(code.finish());
}

function writeWayHome(code: MachineCode, registers: Uint8Array, signalMask: bigint): void {
  const home = restartedHere(registers);
  const view = new DataView(home.buffer);
  const own = (name: UserReg): bigint => view.getBigUint64(userRegOffset(name), true);
  blockAll(code);
  code.withWord([0x48, 0x8d, 0x25], own("flags")); // lea rsp, [flags]
  code.emit(0x9d); // popfq
  code.load("sp", own("sp"));
  // The other arguments are still there. Nothing from here on changes the flags.
  code.load("ax", BigInt(syscallNumber("rt_sigprocmask")));
  code.withWord([0x48, 0x8d, 0x35], signalMask); // lea rsi, [mask]
  code.emit(...SYSCALL);
  for (const name of NUMBERED) if (name !== "sp") code.load(name, own(name));
  code.withWord([0xff, 0x25], own("ip")); // jmp [ip]
}

/** rt_sigprocmask(SIG_SETMASK, all, 0, 8) */
export function blockAll(code: MachineCode): void {
  code.load("ax", BigInt(syscallNumber("rt_sigprocmask")));
  code.load("di", BigInt(SIG_BLOCK.SETMASK));
  code.withWord([0x48, 0x8d, 0x35], ALL_SIGNALS); // lea rsi, [all]
  code.load("dx", 0n);
  code.load("r10", BigInt(SIGSET_SIZE));
  code.emit(...SYSCALL);
}
