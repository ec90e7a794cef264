import type { Data, Operand, Step, SyscallStep } from "@restage/linux";
import { errnoName } from "@restage/linux/abi";
import { CALLS, type CallName } from "./calls.ts";
import { address, type Parameter, pointer } from "./parameter.ts";

/**
 * Prints a program like strace, one line per step. Results that are used later have names: `$1 = openat(...)`. What a call tolerates and expects
 * follows it.
 */
export function printProgram(program: readonly Step[]): string[] {
  const names = resultNames(program);
  return program.map((step) => printStep(step, names));
}

/** Names of results and outputs, by their step or data. */
type Names = ReadonlyMap<SyscallStep | Data, string>;

function resultNames(program: readonly Step[]): Names {
  const names = new Map<SyscallStep | Data, string>();
  function visit(operand: Operand): void {
    if (typeof operand !== "object") return;
    if (operand.kind === "address") {
      for (const field of operand.data.fields) visit(field.value);
      return;
    }
    const key = operand.kind === "result" ? operand.step : operand.data;
    if (!names.has(key)) names.set(key, `$${names.size + 1}`);
  }
  for (const step of program) {
    if (step.kind === "copy") visit(step.to);
    else if (step.kind === "syscall") for (const argument of step.args) visit(argument);
  }
  return names;
}

/** Prints one step. Without names, it prints the values of the results that the step uses. */
export function printStep(step: Step, names: Names = new Map()): string {
  const nameOf = (operand: Operand): string | undefined => {
    if (typeof operand !== "object" || operand.kind === "address") return undefined;
    const key = operand.kind === "result" ? operand.step : operand.data;
    const name = names.get(key);
    if (operand.kind === "result") return name ?? String(operand.step.result ?? "?");
    if (name !== undefined) return `${name}[${operand.offset / operand.size}]`;
    const view = new DataView(operand.data.bytes.buffer);
    return String(operand.size === 4 ? view.getUint32(operand.offset, true) : view.getBigUint64(operand.offset, true));
  };
  if (step.kind === "copy") {
    return `copy(${address.print(step.to, nameOf)}, ${pointer.print({ kind: "address", data: step.from, offset: 0 }, nameOf)})`;
  }
  if (step.kind === "merge") {
    return `merge(${address.print(step.to, nameOf)}, ${address.print(step.from, nameOf)}, ${step.length})`;
  }
  const [, ...parameters] = (CALLS[step.name as CallName] ?? []) as readonly [string?, ...Parameter<unknown>[]];
  const args = step.args.map((argument, index) => (parameters[index] ?? address).print(argument, nameOf));
  const result = names.get(step) ?? step.args.map(outputName(names)).find((name) => name !== undefined);
  const before = result === undefined ? "" : `${result} = `;
  return `${before}${step.name}(${args.join(", ")})${printExpectation(step)}`;
}

function outputName(names: Names): (operand: Operand) => string | undefined {
  return (operand) => {
    if (typeof operand !== "object" || operand.kind !== "address" || !operand.data.output) return undefined;
    return names.get(operand.data);
  };
}

function printExpectation({ expected, allowed }: SyscallStep): string {
  const expect = expected === undefined ? "" : ` expects ${expected}`;
  if (allowed === undefined) return expect;
  return `${expect} allows ${allowed === "any" ? "any error" : allowed.map(errnoName).join(" ")}`;
}
