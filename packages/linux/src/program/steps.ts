import type { SyscallName } from "../abi/syscall.ts";
import type { AddressOperand, Data, Operand, SyscallStep } from "./program.ts";

/** The last descriptor of close_range(2) that means all of them. */
export const LAST_DESCRIPTOR = 0xffff_ffff;

/** A system call as a step of a program. */
export function syscallStep(name: SyscallName, ...args: readonly Operand[]): SyscallStep {
  return { kind: "syscall", name, args };
}

/** Bytes that a program brings along. */
export function dataOf(bytes: Uint8Array): Data {
  return { kind: "data", bytes, fields: [], output: false };
}

/** The address of bytes that a program brings along, as an argument. */
export function addressOf(bytes: Uint8Array): AddressOperand {
  return { kind: "address", data: dataOf(bytes), offset: 0 };
}
