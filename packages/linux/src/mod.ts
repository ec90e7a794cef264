/**
 * Linux as a restore needs it: system calls of this process, tasks driven by ptrace, and programs of
 * deferred system calls that run inside them. The only package that uses a foreign function interface.
 *
 * @module
 */

export type { AddressRange } from "./host/address-space.ts";
export * from "./host/procfs.ts";
export type { ProgramOutcome } from "./host/run-program.ts";
export * from "./host/system-error.ts";
export * from "./kernel.ts";
export { LinuxKernel, openKernel } from "./linux-kernel.ts";
export { isSuccess } from "./program/encode-x86-64.ts";
export * from "./program/program.ts";
export * from "./seizer.ts";
export type { RseqConfiguration } from "./tracee/ptrace.ts";
