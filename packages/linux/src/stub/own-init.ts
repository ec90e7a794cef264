import { MAP, PAGE_SIZE, PROT, TASK_SIZE } from "../abi/mman.ts";
import { CLONE, CLONE_ARGS } from "../abi/sched.ts";
import { SIG } from "../abi/signal.ts";
import { writeWhole } from "../host/file-system.ts";
import { checked } from "../host/system-error.ts";
import type { InitOptions, Tracee } from "../kernel.ts";
import type { AddressOperand } from "../program/program.ts";
import { addressOf, dataOf, LAST_DESCRIPTOR, syscallStep } from "../program/steps.ts";
import { adopt } from "../traced-tree/adopt.ts";
import { unmapRestorerArea } from "../traced-tree/syscall-stops.ts";
import type { TracedTree } from "../traced-tree/traced-tree.ts";
import { initCode } from "./init-x86-64.ts";

/**
 * Forks an init in a new pid namespace, which replaces the stub. It is not started with execve(2), which would drop the capabilities of a user
 * namespace.
 */
export async function forkInit(tree: TracedTree, stub: Tracee, { child, user }: InitOptions): Promise<void> {
  const namespaces = CLONE.NEWPID | (user === undefined ? 0 : CLONE.NEWUSER);
  const flags = namespaces | CLONE.PTRACE | (child ? CLONE.PARENT : 0);
  const fork = syscallStep("clone3", cloneArguments(flags), CLONE_ARGS.size);
  await tree.runner.run(stub, [fork]);
  const init = adopt(tree, { forker: stub, id: fork.result ?? 0, thread: false, newPidNamespace: true });
  endStub(tree, stub);
  tree.stub = init;
  if (user === undefined) return;
  const process = `/proc/${init.tid}`;
  writeWhole(`${process}/uid_map`, user.uidMap);
  if (tree.raw.syscall("geteuid") !== 0) writeWhole(`${process}/setgroups`, "deny");
  writeWhole(`${process}/gid_map`, user.gidMap);
}

/** Dismisses the stub: kills and reaps it. An init is resumed instead, to reap the processes of its namespace. */
export async function dismissStub(tree: TracedTree, root: number): Promise<void> {
  const { stub } = tree;
  if (stub === undefined) return;
  if (tree.inits.has(stub)) await resumeInit(tree, stub, root);
  else endStub(tree, stub);
  tree.delete(stub);
  tree.stub = undefined;
}

export function endStub(tree: TracedTree, stub: Tracee): void {
  tree.raw.syscall("kill", stub.tid, SIG.KILL);
  tree.ptrace.waitForEnd(stub.tid);
  tree.delete(stub);
}

/** Replaces everything of the restore in the init by a page of code and a page for a word. */
async function resumeInit(tree: TracedTree, init: Tracee, root: number): Promise<void> {
  const { ptrace, area } = tree;
  const { start, length } = area.region;
  const at = start + length;
  const flags = MAP.PRIVATE | MAP.ANONYMOUS | MAP.FIXED_NOREPLACE;
  await tree.runner.run(init, [
    // The memory of a template.
    syscallStep("munmap", 0, start),
    syscallStep("munmap", at, TASK_SIZE - at),
    { ...syscallStep("mmap", at, 2 * PAGE_SIZE, PROT.READ | PROT.WRITE, flags, -1, 0), expected: at },
    { kind: "copy", to: at, from: dataOf(initCode(root)) },
    syscallStep("mprotect", at, PAGE_SIZE, PROT.READ | PROT.EXEC),
    syscallStep("close_range", 0, LAST_DESCRIPTOR, 0),
  ]);
  unmapRestorerArea(tree, [init]);
  tree.setRegisters(init, { bx: 0, ip: at });
  checked(ptrace.setSignalMask(init.tid, 0n), "ptrace(PTRACE_SETSIGMASK)", "resume the init");
  checked(ptrace.detach(init.tid, 0), "ptrace(PTRACE_DETACH)", "resume the init");
}

/** struct clone_args of a process, as an argument. */
export function cloneArguments(flags: number): AddressOperand {
  const bytes = new Uint8Array(CLONE_ARGS.size);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(CLONE_ARGS.flags, BigInt(flags), true);
  view.setBigUint64(CLONE_ARGS.exit_signal, BigInt((flags & CLONE.PARENT) === 0 ? SIG.CHLD : 0), true);
  return addressOf(bytes);
}
