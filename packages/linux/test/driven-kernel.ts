import { existsSync } from "node:fs";
import { afterEach, beforeEach, expect } from "vitest";
import { CLONE, CLONE_ARGS, MAP, PROT, SIG } from "../src/abi/mod.ts";
import { readText } from "../src/host/procfs.ts";
import type { Birth, ProgramError, Stub, Tracee } from "../src/kernel.ts";
import { type LinuxKernel, openKernel } from "../src/linux-kernel.ts";
import type { Program, SyscallStep } from "../src/program/program.ts";
import { addressOf, call, data } from "./steps.ts";

export const isRoot = process.getuid?.() === 0;
export const there = process.platform === "linux" && process.arch === "x64";
/** Milliseconds that a program of these tests can take. */
export const TIMEOUT = 2000;
/** Above the pids of a machine with few tasks. */
const FIRST_PID = 31_000;

/** The real kernel, opened anew for each test of a file that imports this one, with a stub. */
export let kernel: LinuxKernel;
export let stub: Stub;

beforeEach(async () => {
  if (there) await start();
});

afterEach(async () => {
  if (there) await stop();
});

/** Starts a stub in place of the one that `stop` ended. */
export async function start({
  timeout = TIMEOUT,
  occupied = [],
}: Partial<Parameters<LinuxKernel["createStub"]>[0]> = {}) {
  kernel = await openKernel();
  stub = await kernel.createStub({ occupied, timeout, suspendSeccomp: false });
}

export async function stop(): Promise<void> {
  await kernel.killAll();
  kernel.close();
}

/** Runs a program that must fail, and returns its error. */
export async function failureOf(tracee: Tracee, program: Program): Promise<ProgramError> {
  try {
    await kernel.run(tracee, program);
  } catch (error) {
    expect((error as Error).name).toBe("ProgramError");
    return error as ProgramError;
  }
  throw new Error("The program did not fail");
}

/** A fork that arrives traced. */
export function fork(setTid: readonly number[] = [], flags = 0, exitSignal: number = SIG.CHLD): SyscallStep {
  const args = new DataView(new ArrayBuffer(CLONE_ARGS.size));
  args.setBigUint64(CLONE_ARGS.flags, BigInt(flags | CLONE.PTRACE), true);
  args.setBigUint64(CLONE_ARGS.exit_signal, BigInt(exitSignal), true);
  args.setBigUint64(CLONE_ARGS.set_tid_size, BigInt(setTid.length), true);
  const list = data(new Uint8Array(Uint32Array.from(setTid).buffer));
  const fields = setTid.length === 0 ? [] : [{ offset: CLONE_ARGS.set_tid, size: 8, value: addressOf(list) } as const];
  return call("clone3", addressOf(data(new Uint8Array(args.buffer), fields)), CLONE_ARGS.size);
}

/** The birth of a task that the stub forked. */
export function born(id = 0): Birth {
  return { forker: stub.tracee, id, thread: false, newPidNamespace: false };
}

/** A child of the stub. */
export async function child(flags = 0): Promise<Tracee> {
  const step = fork([], flags, (flags & CLONE.PARENT) === 0 ? SIG.CHLD : 0);
  await kernel.run(stub.tracee, [step]);
  return await kernel.adopt({ ...born(step.result), newPidNamespace: (flags & CLONE.NEWPID) !== 0 });
}

/** Free pids that the kernel does not give to the next tasks. */
export function freePids(count: number): number[] {
  const last = Number(readText("/proc/loadavg")?.split(" ").at(-1));
  const end = Number(readText("/proc/sys/kernel/pid_max"));
  const pids: number[] = [];
  for (let pid = FIRST_PID; pid < end && pids.length < count; pid++) {
    if (!isThere(pid) && (pid < last || pid > last + 400)) pids.push(pid);
  }
  return pids;
}

/** Forks children with chosen pids. Tries again when another process got one of them meanwhile. */
export async function forkFreePids(count: number, attempts = 2): Promise<{ pids: number[]; forks: SyscallStep[] }> {
  const pids = freePids(count);
  const forks = pids.map((pid) => fork([pid]));
  try {
    await kernel.run(stub.tracee, forks);
  } catch (error) {
    if (attempts === 1) throw error;
    await stop();
    await start();
    return await forkFreePids(count, attempts - 1);
  }
  return { pids, forks };
}

export function mapping(length: number): SyscallStep {
  return call("mmap", 0, length, PROT.READ | PROT.WRITE | PROT.EXEC, MAP.PRIVATE | MAP.ANONYMOUS, -1, 0);
}

export function memfd(): SyscallStep {
  return call("memfd_create", addressOf(data("test\0")), 0);
}

export function isThere(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

export async function until(condition: () => boolean, milliseconds = 3000): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}
