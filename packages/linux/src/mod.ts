/**
 * Linux for a restore and a checkpoint:
 *
 * - {@link openKernel} opens the real kernel: it drives tasks by ptrace, and runs programs of deferred system calls inside them.
 * - {@link Kernel} is what it can do, as an interface that a recording kernel implements too, with the types of its arguments.
 * - A few readers of /proc, for commands that look at this machine.
 *
 * This is the only package that uses a foreign function interface. The constants of the kernel's headers are in `@restage/linux/abi`.
 *
 * @module
 */
export type { AddressRange } from "./abi/address-space.ts";
export { type ProcessStat, pidHolder, readProcesses, readStat, readStatus, readText } from "./host/procfs.ts";
export type { RawSyscalls } from "./host/raw-syscalls.ts";
export type { ProgramOutcome } from "./host/run-program.ts";
export { SystemError } from "./host/system-error.ts";
export * from "./kernel.ts";
export { LinuxKernel, openKernel } from "./linux-kernel.ts";
export * from "./program/program.ts";
export * from "./seizer.ts";
export type { RseqConfiguration } from "./tracee/ptrace.ts";
