import { addressOf, cString, type Host, output } from "@restage/core";
import type { Data, Word } from "@restage/linux";
import type { SyscallName } from "@restage/linux/abi";

/** Makes a system call of the coordinator whose failure is an answer. Returns its result, or -errno. */
export function attempt(host: Host, name: SyscallName, ...args: readonly (Word | Data | string)[]): number {
  const operands = args.map((value) => {
    if (typeof value === "string") return addressOf(cString(value));
    return typeof value === "object" ? addressOf(value) : value;
  });
  return host.kernel.host.call({ kind: "syscall", name, args: operands });
}

/** Room for an answer, and a view of it. */
export function room(size: number): { readonly data: Data; readonly view: DataView } {
  const data = output(size);
  return { data, view: new DataView(data.bytes.buffer) };
}
