import type { CpuCapability, RestoreOptions } from "@restage/core";
import { CPU_CAPABILITIES, JOINED_NAMESPACES } from "@restage/core/internal";
import type { Given, Reader } from "./option.ts";

/** A switch. */
export const on: Reader<boolean> = (given) => given !== false;

export const text: Reader<string> = (given) => String(given);

/** Seconds, as milliseconds. */
export const seconds: Reader<number> = (given) => {
  const number = Number(given);
  if (given !== true && number > 0) return 1000 * number;
  throw new RangeError("a number of seconds above 0");
};

/** Counts like CRIU: `-v` adds one, `-vv` two, and `-v4` sets four. */
export function verbosity(given: Given, before: number): number {
  if (given === true) return before + 1;
  const letters = String(given);
  if (/^v+$/.test(letters)) return before + 1 + letters.length;
  if (/^\d+$/.test(letters)) return Number(letters);
  throw new RangeError("a number");
}

export function oneOf<T extends string>(choices: readonly T[]): Reader<T> {
  return (given) => {
    const choice = choices.find((name) => name === given);
    if (choice !== undefined) return choice;
    throw new RangeError(`one of ${choices.join(", ")}`);
  };
}

/** A whole number above 0. */
export const number: Reader<number> = (given) => {
  const value = Number(given);
  if (given !== true && Number.isInteger(value) && value > 0) return value;
  throw new RangeError("a whole number above 0");
};

export const descriptor: Reader<number> = (given) => {
  if (/^\d+$/.test(String(given))) return Number(given);
  throw new RangeError("a descriptor, for example 3");
};

/** Bytes: `4096`, `512K`, `1M`, `2G`, as CRIU reads them. */
export const size: Reader<number> = (given) => {
  const [, digits, unit = ""] = /^(\d+)([KMG]?)$/i.exec(String(given)) ?? [];
  if (digits === undefined) throw new RangeError("bytes, for example 4096, 512K, 1M or 2G");
  return Number(digits) * 1024 ** ["", "K", "M", "G"].indexOf(unit.toUpperCase());
};

/** `fd[3]:var/log/app.log`: CRIU's form for a descriptor that replaces a file. */
export function inheritedDescriptor(given: Given): { readonly number: number; readonly name: string } {
  const [, number, name] = /^fd\[(\d+)\]:(.+)$/.exec(String(given)) ?? [];
  if (number === undefined || name === undefined)
    throw new RangeError("a descriptor and a name, for example fd[3]:var/log/app.log");
  return { number: Number(number), name };
}

/** `fpu,ins`, `all`, `none`, `^cpu`, like CRIU: adds to the state and the instructions, which are compared by default; `^` removes. */
export const cpuCapabilities: Reader<readonly CpuCapability[]> = (given) => {
  if (given === true) return CPU_CAPABILITIES;
  let asked = new Set<CpuCapability>(["fpu", "ins"]);
  for (const word of String(given).split(",")) {
    const [, negation, name] = /^(\^?)(all|none|fpu|ins|cpu)$/.exec(word) ?? [];
    if (name === undefined)
      throw new RangeError("all, none, fpu, ins or cpu, with ^ before those that must not be compared");
    const named = CPU_CAPABILITIES.filter((capability) => name === "all" || name === capability);
    if (name === "none") asked = new Set(negation === "^" ? CPU_CAPABILITIES : []);
    for (const capability of named) {
      if (negation === "^") asked.delete(capability);
      else asked.add(capability);
    }
  }
  return CPU_CAPABILITIES.filter((capability) => asked.has(capability));
};

/** `net:1234` or `net:/run/netns/other`: a namespace of a process, or its file. */
export function joinedNamespace(given: Given): RestoreOptions["joinNamespaces"] {
  const [, name, place = ""] = /^(\w+):(.+)$/.exec(String(given)) ?? [];
  const kind = JOINED_NAMESPACES.find((kind) => kind === name);
  if (kind === undefined)
    throw new RangeError(`one of ${JOINED_NAMESPACES.join(", ")} with a pid or path, for example net:1234`);
  return { [kind]: /^\d+$/.test(place) ? `/proc/${place}/ns/${kind}` : place };
}
