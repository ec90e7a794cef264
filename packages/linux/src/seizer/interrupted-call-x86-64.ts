import { ERRNO } from "../abi/errno.ts";
import { syscallNumber } from "../abi/syscall.ts";
import { userRegOffset } from "../abi/user-regs-x86-64.ts";

/** Results of interrupted calls that the kernel restarts when no handler runs. Source: include/linux/errno.h. */
const ERESTARTSYS = 512n;
const ERESTARTNOINTR = 513n;
const ERESTARTNOHAND = 514n;
const ERESTART_RESTARTBLOCK = 516n;

/** Length of the `syscall` instruction. */
const SYSCALL_SIZE = 2n;

/**
 * Registers with which a thread makes an interrupted call again, as the kernel itself sets them on its way to user mode. A call that the kernel
 * restarts with the time that was left (nanosleep(2), poll(2), ...) goes on through restart_syscall(2): this holds in the same thread only, and only
 * while nothing else there slept or returned from a signal handler.
 *
 * @param registers struct user_regs_struct.
 */
export function restartedHere(registers: Uint8Array): Uint8Array {
  return decide(registers, (view) => repeat(view, BigInt(syscallNumber("restart_syscall"))));
}

/**
 * The same for a new thread, in which the kernel does not know the time that was left. Such a call fails with EINTR, as after CRIU's restore.
 *
 * @param registers struct user_regs_struct.
 */
export function restartedElsewhere(registers: Uint8Array): Uint8Array {
  return decide(registers, (view) => view.setBigInt64(userRegOffset("ax"), BigInt(-ERRNO.EINTR), true));
}

function decide(registers: Uint8Array, resumeSleep: (view: DataView) => void): Uint8Array {
  const changed = registers.slice();
  const view = new DataView(changed.buffer);
  const call = view.getBigInt64(userRegOffset("orig_ax"), true);
  if (call < 0n) return changed;
  const error = -view.getBigInt64(userRegOffset("ax"), true);
  if (error === ERESTART_RESTARTBLOCK) resumeSleep(view);
  if (error === ERESTARTSYS || error === ERESTARTNOINTR || error === ERESTARTNOHAND) repeat(view, call);
  return changed;
}

function repeat(view: DataView, call: bigint): void {
  view.setBigInt64(userRegOffset("ax"), call, true);
  view.setBigUint64(userRegOffset("ip"), view.getBigUint64(userRegOffset("ip"), true) - SYSCALL_SIZE, true);
}
