import { MREMAP, TASK_SIZE } from "../abi/mman.ts";
import { RLIMIT } from "../abi/resource.ts";
import { KERNEL_SIGACTION_SIZE, NSIG, SIGSET_SIZE, signalBit } from "../abi/signal.ts";
import { readMaps, readStatus } from "../host/procfs.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { checked } from "../host/system-error.ts";
import type { ParkedMapping } from "../kernel.ts";
import type { Program, Step } from "../program/program.ts";
import { addressOf, LAST_DESCRIPTOR, syscallStep } from "../program/steps.ts";
import type { RestorerArea } from "../restorer-area/restorer-area.ts";

/**
 * The first program of a stub. It
 *
 * - parks vdso and vvar beside the restorer area,
 * - unmaps everything else, its own stack and page too: the interpreter needs neither,
 * - gives signals that the runtime ignores their default action,
 * - closes all descriptors, and allows as many as this process may.
 */
export function stubProgram(
  raw: RawSyscalls,
  pid: number,
  area: RestorerArea,
): { readonly program: Program; readonly vdso: readonly ParkedMapping[] } {
  const steps: Step[] = [];
  const vdso: ParkedMapping[] = [];
  let at = area.parking;
  for (const { start, end, name } of readMaps(pid)) {
    if (name !== "[vdso]" && !name.startsWith("[vvar")) continue;
    const flags = MREMAP.MAYMOVE | MREMAP.FIXED;
    steps.push({ ...syscallStep("mremap", start, end - start, end - start, flags, at), expected: at });
    vdso.push({ name, start: at, end: at + (end - start) });
    at += end - start;
  }
  if (at > area.scratch.start) throw new RangeError(`Cannot park a vdso of ${at - area.parking} bytes`);
  const { start, length } = area.region;
  steps.push(syscallStep("munmap", 0, start));
  steps.push(syscallStep("munmap", start + length, TASK_SIZE - (start + length)));
  const action = addressOf(new Uint8Array(KERNEL_SIGACTION_SIZE));
  for (const signal of ignoredSignals(pid)) steps.push(syscallStep("rt_sigaction", signal, action, 0, SIGSET_SIZE));
  steps.push(syscallStep("close_range", 0, LAST_DESCRIPTOR, 0));
  steps.push(syscallStep("prlimit64", 0, RLIMIT.NOFILE, addressOf(highestNumberOfFiles(raw)), 0));
  return { program: steps, vdso };
}

/** The signals that a new program inherited as ignored. It inherits no handlers. */
function ignoredSignals(pid: number): readonly number[] {
  const ignored = BigInt(`0x${readStatus(pid)?.get("SigIgn") ?? "0"}`);
  return Array.from({ length: NSIG }, (_, index) => index + 1).filter((signal) => (ignored & signalBit(signal)) !== 0n);
}

/** struct rlimit with this process's hard limit of open files as both limits. */
function highestNumberOfFiles(raw: RawSyscalls): Uint8Array {
  const { scratch, scratchAddress } = raw;
  const result = raw.syscall("prlimit64", 0, RLIMIT.NOFILE, 0, scratchAddress);
  checked(result, "prlimit64", "read the limit of open files");
  scratch.copyWithin(0, 8, 16);
  return scratch.slice(0, 16);
}
