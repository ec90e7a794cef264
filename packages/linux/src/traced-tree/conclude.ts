import { ALL_SIGNALS } from "../abi/signal.ts";
import { nameOfTask } from "../host/procfs.ts";
import { checked, SystemError } from "../host/system-error.ts";
import type { ConcludedThread, FinalState } from "../kernel.ts";
import { isSuccess } from "../program/encode-x86-64.ts";
import { layExtendedState } from "../tracee/extended-state-x86-64.ts";
import { callBySyscallStops, unmapRestorerArea } from "./syscall-stops.ts";
import type { TracedTree } from "./traced-tree.ts";

/** Gives the threads of processes, leaders first, the state with which they resume, and takes the restorer area away. */
export function conclude(tree: TracedTree, processes: readonly (readonly ConcludedThread[])[]): void {
  for (const threads of processes) for (const thread of threads) makeLastCalls(tree, thread);
  unmapRestorerArea(
    tree,
    processes.flatMap(([leader]) => leader?.tracee ?? []),
  );
  for (const threads of processes) for (const { tracee, state } of threads) setFinalState(tree, tracee.tid, state);
}

function makeLastCalls(tree: TracedTree, { tracee, state }: ConcludedThread): void {
  if (state.lastCalls.length === 0) return;
  // A SIGTRAP that one of them leaves pending must stay so. Syscall stops, unlike the traps of programs, do not need it.
  const masked = tree.ptrace.setSignalMask(tracee.tid, ALL_SIGNALS);
  checked(masked, "ptrace(PTRACE_SETSIGMASK)", () => `complete ${nameOfTask(tracee.tid)}`);
  for (const step of state.lastCalls) {
    const result = callBySyscallStops(tree, tracee, step);
    if (!isSuccess(step)) throw new SystemError(step.name, -result, `complete ${nameOfTask(tracee.tid)}`);
  }
}

function setFinalState(tree: TracedTree, tid: number, state: FinalState): void {
  const { raw, ptrace } = tree;
  for (const { address, value } of state.pokes) poke(tree, tid, address, value);
  for (const area of state.threadAreas)
    checked(
      ptrace.setThreadArea(tid, area),
      "ptrace(PTRACE_SET_THREAD_AREA)",
      () => `set a segment of ${nameOfTask(tid)}`,
    );
  const set = ptrace.setRegisters(tid, state.registers);
  checked(set, "ptrace(PTRACE_SETREGS)", () => `set the registers of ${nameOfTask(tid)}`);
  const area = layExtendedState(raw, tree.initialExtendedState, state.extendedState);
  const laid = ptrace.setExtendedState(tid, area);
  checked(laid, "ptrace(PTRACE_SETREGSET)", () => `set the extended state of ${nameOfTask(tid)}`);
  const masked = ptrace.setSignalMask(tid, state.signalMask);
  checked(masked, "ptrace(PTRACE_SETSIGMASK)", () => `set the signal mask of ${nameOfTask(tid)}`);
  if (state.dispatch === undefined) return;
  const dispatched = ptrace.setSyscallDispatch(tid, state.dispatch);
  checked(
    dispatched,
    "ptrace(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG)",
    () => `set the system call dispatch of ${nameOfTask(tid)}`,
  );
}

/** Writes a word into the memory of a task. */
function poke({ raw }: TracedTree, tid: number, address: bigint, value: bigint): void {
  const { scratchView: view, scratchAddress: base } = raw;
  view.setBigUint64(0, value, true);
  view.setBigUint64(16, BigInt(base), true);
  view.setBigUint64(24, 8n, true);
  view.setBigUint64(32, address, true);
  view.setBigUint64(40, 8n, true);
  const written = raw.syscall("process_vm_writev", tid, base + 16, 1, base + 32, 1, 0);
  checked(written, "process_vm_writev", () => `write to the memory of ${nameOfTask(tid)}`);
}
