import { ERRNO } from "../abi/errno.ts";
import { type UserReg, userRegOffset } from "../abi/user-regs-x86-64.ts";

/** Offsets in struct rt_sigframe of x86_64. Source: arch/x86/include/asm/sigframe.h, include/uapi/asm/sigcontext.h, ucontext.h. */
const FRAME = { ucontext: 8, sigcontext: 48, segments: 192, fpstate: 232, sigmask: 304, size: 440 } as const;

/** The general registers of struct sigcontext in order, 8 bytes each. */
const SIGCONTEXT: readonly UserReg[] = [
  "r8",
  "r9",
  "r10",
  "r11",
  "r12",
  "r13",
  "r14",
  "r15",
  "di",
  "si",
  "bp",
  "bx",
  "dx",
  "ax",
  "cx",
  "sp",
  "ip",
  "flags",
];

/** UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS. */
const UC_FLAGS = 7n;

const XSTATE_MAGIC1 = 0x46505853;
const XSTATE_MAGIC2 = 0x46505845;
/** struct _fpx_sw_bytes, in what FXSAVE leaves free. */
const FX_SW = 464;

/** Restarts of interrupted calls that the kernel does when no handler runs. Source: include/linux/errno.h. */
const ERESTARTSYS = 512n;
const ERESTARTNOINTR = 513n;
const ERESTARTNOHAND = 514n;
const ERESTART_RESTARTBLOCK = 516n;

/** A frame with which rt_sigreturn(2) gives a thread everything back, and the stack pointer that the call needs. */
export interface SignalFrame {
  readonly bytes: Uint8Array;
  readonly stackPointer: number;
}

/**
 * Makes the frame for a place in memory.
 *
 * @param address a multiple of 64.
 * @param registers struct user_regs_struct.
 * @param area the XSAVE area, standard format.
 */
export function signalFrame(address: number, registers: Uint8Array, signalMask: bigint, area: Uint8Array): SignalFrame {
  const fpstate = (FRAME.size + 63) & ~63;
  const bytes = new Uint8Array(fpstate + area.length + 4);
  const view = new DataView(bytes.buffer);
  const state = restarted(registers);
  const from = new DataView(state.buffer);
  view.setBigUint64(FRAME.ucontext, UC_FLAGS, true);
  SIGCONTEXT.forEach((name, index) => {
    bytes.set(state.subarray(userRegOffset(name), userRegOffset(name) + 8), FRAME.sigcontext + 8 * index);
  });
  (["cs", "gs", "fs", "ss"] as const).forEach((name, index) => {
    view.setUint16(FRAME.segments + 2 * index, from.getUint16(userRegOffset(name), true), true);
  });
  view.setBigUint64(FRAME.fpstate, BigInt(address + fpstate), true);
  view.setBigUint64(FRAME.sigmask, signalMask, true);
  bytes.set(area, fpstate);
  // What PTRACE_GETREGSET gives has the processor's features there.
  const features = view.getBigUint64(fpstate + FX_SW, true);
  view.setUint32(fpstate + FX_SW, XSTATE_MAGIC1, true);
  view.setUint32(fpstate + FX_SW + 4, area.length + 4, true);
  view.setBigUint64(fpstate + FX_SW + 8, features, true);
  view.setUint32(fpstate + FX_SW + 16, area.length, true);
  view.setUint32(fpstate + area.length, XSTATE_MAGIC2, true);
  return { bytes, stackPointer: address + FRAME.ucontext };
}

/**
 * Registers with which a thread makes an interrupted call again. The kernel forgets the rest of a sleep when something else ran in between:
 * such a call gives EINTR, as CRIU does it.
 */
export function restarted(registers: Uint8Array): Uint8Array {
  const changed = registers.slice();
  const view = new DataView(changed.buffer);
  const call = view.getBigInt64(userRegOffset("orig_ax"), true);
  if (call < 0n) return changed;
  switch (-view.getBigInt64(userRegOffset("ax"), true)) {
    case ERESTARTSYS:
    case ERESTARTNOINTR:
    case ERESTARTNOHAND:
      view.setBigInt64(userRegOffset("ax"), call, true);
      view.setBigUint64(userRegOffset("ip"), view.getBigUint64(userRegOffset("ip"), true) - 2n, true);
      break;
    case ERESTART_RESTARTBLOCK:
      view.setBigInt64(userRegOffset("ax"), BigInt(-ERRNO.EINTR), true);
      break;
  }
  return changed;
}
