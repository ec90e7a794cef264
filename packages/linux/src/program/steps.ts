import type { SyscallName } from "../abi/syscall.ts";
import type { AddressOperand, Data, Operand, SyscallStep } from "./program.ts";

/** The last descriptor for close_range(2), so that it closes all. */
export const LAST_DESCRIPTOR = 0xffff_ffff;

/** A system call as a step of a program. */
export function syscallStep(name: SyscallName, ...args: readonly Operand[]): SyscallStep {
  return { kind: "syscall", name, args };
}

/** Makes bytes that are part of a program. */
export function dataOf(bytes: Uint8Array): Data {
  return { kind: "data", bytes, fields: [], output: false };
}

/** Makes an argument: the address of bytes that are part of the program. */
export function addressOf(bytes: Uint8Array): AddressOperand {
  return { kind: "address", data: dataOf(bytes), offset: 0 };
}
