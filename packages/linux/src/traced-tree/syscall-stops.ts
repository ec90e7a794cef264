import { SYSCALL_STOP } from "../abi/ptrace.ts";
import { syscallNumber } from "../abi/syscall.ts";
import { userRegOffset } from "../abi/user-regs-x86-64.ts";
import { waitStatus } from "../abi/wait.ts";
import { nameOfTask } from "../host/procfs.ts";
import { checked } from "../host/system-error.ts";
import type { Tracee } from "../kernel.ts";
import type { Operand, SyscallStep } from "../program/program.ts";
import type { RestorerArea } from "../restorer-area/restorer-area.ts";
import { STOP_TIMEOUT } from "../tracee/ptrace.ts";
import type { TracedTree } from "./traced-tree.ts";

/**
 * Makes one call in a thread by syscall stops: unlike the trap that ends a program, they leave pending signals and handlers alone.
 * Sets the step's result and returns it.
 */
export function callBySyscallStops(tree: TracedTree, tracee: Tracee, step: SyscallStep): number {
  const { area, ptrace } = tree;
  const [di = 0, si = 0, dx = 0, r10 = 0, r8 = 0, r9 = 0] = step.args.map((value) => placeArgument(value, area));
  tree.setRegisters(tracee, { ax: syscallNumber(step.name), di, si, dx, r10, r8, r9, ip: area.single });
  for (const _ of ["start", "end"]) {
    resumeToSyscallStop(tree, tracee);
    awaitSyscallStop(tree, tracee);
  }
  const registers = ptrace.getRegisters(tracee.tid);
  step.result = Number(new DataView(registers.buffer).getBigInt64(userRegOffset("ax"), true));
  return step.result;
}

/**
 * Unmaps the restorer area of processes, all at once. At the exit stop of munmap(2) the code is gone, but the thread's registers are set
 * before it would continue there.
 */
export function unmapRestorerArea(tree: TracedTree, leaders: readonly Tracee[]): void {
  const { region, single } = tree.area;
  const call = { ax: syscallNumber("munmap"), di: region.start, si: region.length, ip: single };
  for (const leader of leaders) {
    tree.setRegisters(leader, call);
    resumeToSyscallStop(tree, leader);
  }
  for (const leader of leaders) {
    awaitSyscallStop(tree, leader);
    resumeToSyscallStop(tree, leader);
  }
  for (const leader of leaders) awaitSyscallStop(tree, leader);
}

function resumeToSyscallStop({ ptrace }: TracedTree, { tid }: Tracee): void {
  checked(ptrace.resumeToSyscall(tid), "ptrace(PTRACE_SYSCALL)", () => `step ${nameOfTask(tid)}`);
}

function awaitSyscallStop({ ptrace }: TracedTree, { tid }: Tracee): void {
  const raw = ptrace.wait(tid, STOP_TIMEOUT);
  const status = typeof raw === "number" ? waitStatus(raw) : undefined;
  if (status?.kind === "stopped" && status.signal === SYSCALL_STOP) return;
  throw new Error(`Cannot step ${nameOfTask(tid)} through a system call: its wait status is ${raw}`);
}

/** The value of an argument of a single call. Data is placed in the restorer area; earlier steps have their results. */
function placeArgument(value: Operand, area: RestorerArea): number | bigint {
  if (typeof value !== "object") return value;
  if (value.kind === "result") return value.step.result ?? 0;
  if (value.kind === "loaded") throw new TypeError("Cannot pass a loaded value to a call by syscall stops");
  const at = area.allocate(value.data.bytes.length);
  area.bytes.set(value.data.bytes, at);
  return area.address + at + value.offset;
}
