import { KERNEL_SIGACTION_SIZE, SIG, SIGSET_SIZE } from "../abi/signal.ts";
import type { Data, Operand } from "../program/program.ts";
import type { RawSyscalls } from "./raw-syscalls.ts";
import { SystemError } from "./system-error.ts";

/** struct kernel_sigaction with the default action. */
const DEFAULT_ACTION = new Uint8Array(KERNEL_SIGACTION_SIZE);

/**
 * Replaces this program by another one, which keeps the pid and the children. Throws a SystemError when that fails.
 *
 * @param words the program's arguments, its name first.
 */
export function executeProgram(
  raw: RawSyscalls,
  path: string,
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): never {
  const variables = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${value}`,
  );
  // Runtimes ignore these signals, and an execve(2) keeps that.
  for (const signal of [SIG.PIPE, SIG.XFSZ]) {
    const action = [signal, addressOf(DEFAULT_ACTION), 0, SIGSET_SIZE];
    raw.run({ kind: "syscall", name: "rt_sigaction", args: action });
  }
  // Node sets close-on-exec on descriptors that it inherits, these three included.
  for (const descriptor of [0, 1, 2]) raw.setCloexec(descriptor, false);
  const args = [addressOf(cString(path)), addressOf(strings(words)), addressOf(strings(variables))];
  throw new SystemError("execve", -raw.run({ kind: "syscall", name: "execve", args }), `execute ${path}`);
}

function addressOf(target: Data | Uint8Array): Operand {
  const data: Data = target instanceof Uint8Array ? { kind: "data", bytes: target, fields: [], output: false } : target;
  return { kind: "address", data, offset: 0 };
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/** An array of the addresses of strings, with a NULL at its end. */
function strings(texts: readonly string[]): Data {
  const fields = texts.map((text, index) => ({ offset: 8 * index, size: 8 as const, value: addressOf(cString(text)) }));
  return { kind: "data", bytes: new Uint8Array(8 * (texts.length + 1)), fields, output: false };
}
