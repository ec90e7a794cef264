import type { SyscallName } from "../src/abi/mod.ts";
import type { Data, DataField, Operand, SyscallStep } from "../src/program/program.ts";

/** A step of a program. */
export function call(name: SyscallName, ...args: Operand[]): SyscallStep {
  return { kind: "syscall", name, args };
}

export function data(bytes: Uint8Array | string, fields: readonly DataField[] = []): Data {
  return {
    kind: "data",
    bytes: typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes,
    fields,
    output: false,
  };
}

export function output(size: number): Data {
  return { kind: "data", bytes: new Uint8Array(size), fields: [], output: true };
}

export function path(text: string): Operand {
  return addressOf(data(`${text}\0`));
}

export function addressOf(target: Data, offset = 0): Operand {
  return { kind: "address", data: target, offset };
}

export function resultOf(step: SyscallStep): Operand {
  return { kind: "result", step };
}
