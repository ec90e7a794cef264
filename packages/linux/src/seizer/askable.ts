import { ERRNO } from "../abi/errno.ts";
import { userRegOffset } from "../abi/user-regs-x86-64.ts";
import { nameOfTask } from "../host/procfs.ts";
import { SystemError } from "../host/system-error.ts";
import type { StoppedThread } from "../seizer.ts";

const TRAP_FLAG = 0x100n;
/** The code segment of 64-bit user code. */
const USER_CS = 0x33n;

/** Throws a SystemError for a thread that cannot be asked: the way home knows 64-bit code without single steps. */
export function assertAskable({ tid, registers }: StoppedThread): void {
  const view = new DataView(registers.buffer);
  const isWide = view.getBigUint64(userRegOffset("cs"), true) === USER_CS;
  const isStepped = (view.getBigUint64(userRegOffset("flags"), true) & TRAP_FLAG) !== 0n;
  if (isWide && !isStepped) return;
  const why = isWide ? "steps through its own code" : "runs 32-bit code";
  throw new SystemError("ptrace", ERRNO.EOPNOTSUPP, `query ${nameOfTask(tid)}, which ${why}`);
}
