import { findFreeAddress } from "../abi/address-space.ts";
import { PAGE_SIZE } from "../abi/mman.ts";
import { PTRACE_O } from "../abi/ptrace.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { checked } from "../host/system-error.ts";
import type { ParkedMapping, Stub, StubOptions, Tracee } from "../kernel.ts";
import { PARKING_SIZE, RESTORER_AREA_SIZE, RestorerArea } from "../restorer-area/restorer-area.ts";
import { TracedTree } from "../traced-tree/traced-tree.ts";
import type { Ptrace } from "../tracee/ptrace.ts";
import { bootStub } from "./boot.ts";
import { forkInit } from "./own-init.ts";
import { stubProgram } from "./stub-program.ts";

/** Starts a stub, the first thread of a traced tree. It is stopped, and has not run its first program yet. */
export function startStub(raw: RawSyscalls, ptrace: Ptrace, options: StubOptions): TracedTree {
  const { occupied, timeout, root, sibling = root !== undefined, suspendSeccomp } = options;
  const region = findFreeAddress(occupied, PARKING_SIZE + RESTORER_AREA_SIZE + PAGE_SIZE);
  const area = new RestorerArea(raw, region + PARKING_SIZE);
  const traced = PTRACE_O.EXITKILL | PTRACE_O.TRACESYSGOOD | (suspendSeccomp ? PTRACE_O.SUSPEND_SECCOMP : 0);
  const start = { sibling, pid: root?.pid, newPidNamespace: root?.newPidNamespace === true };
  try {
    const booted = bootStub(raw, ptrace, area, region + PARKING_SIZE + RESTORER_AREA_SIZE, traced, { start });
    const tree = new TracedTree(raw, ptrace, area, booted, timeout);
    const { pid, slot } = booted;
    const tracee: Tracee = { tid: pid, tgid: pid, inPidNamespace: root?.newPidNamespace === true };
    tree.add(tracee, slot);
    if (root === undefined) tree.stub = tracee;
    else if (root.newPidNamespace) tree.inits.add(tracee);
    return tree;
  } catch (error) {
    area.close();
    throw error;
  }
}

/** Runs the first program of a stub, and forks the init if the request has one. */
export async function prepareStub(tree: TracedTree, options: StubOptions): Promise<Stub> {
  const { raw, area, runner } = tree;
  const [tracee] = tree.tracees as readonly [Tracee];
  const { program, vdso } = stubProgram(raw, tracee.tid, area);
  await runner.run(tracee, program);
  const vdsoText = readVdso(raw, tracee.tid, vdso);
  if (options.init !== undefined) await forkInit(tree, tracee, options.init);
  return { tracee: tree.stub ?? tracee, vdso, vdsoText, scratch: area.scratch, restorerArea: area.region };
}

/** The text of the parked vdso. */
function readVdso(raw: RawSyscalls, pid: number, vdso: readonly ParkedMapping[]): Uint8Array | undefined {
  const text = vdso.find(({ name }) => name === "[vdso]");
  if (text === undefined) return undefined;
  const { scratch, scratchView: view, scratchAddress: base } = raw;
  const length = text.end - text.start;
  const at = 4096;
  view.setBigUint64(0, BigInt(base + at), true);
  view.setBigUint64(8, BigInt(length), true);
  view.setBigUint64(16, BigInt(text.start), true);
  view.setBigUint64(24, BigInt(length), true);
  const read = raw.syscall("process_vm_readv", pid, base, 1, base + 16, 1, 0);
  checked(read, "process_vm_readv", "read the vdso");
  return scratch.slice(at, at + length);
}
