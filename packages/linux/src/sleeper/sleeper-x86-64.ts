import { PR } from "../abi/prctl.ts";
import { SIG } from "../abi/signal.ts";
import { AF, SOCK } from "../abi/socket.ts";
import { type SyscallName, syscallNumber } from "../abi/syscall.ts";
import { elfFile } from "../host/elf-x86-64.ts";
import { LAST_DESCRIPTOR } from "../program/steps.ts";
import { type GeneralRegister, MachineCode, SYSCALL } from "../seizer/machine-code-x86-64.ts";

/** Where programs usually begin. */
const ADDRESS = 0x40_0000;

/** How long it sleeps, in milliseconds. Its end comes earlier: it is killed, or its parent is. */
const LIMIT = 30_000;

/** An argument that is an address: of text of less than eight bytes, or of some bytes below the stack. */
type Operand = number | string | typeof STACK;
const STACK = Symbol("stack");

/** The registers of arguments, and the last two bytes of `lea register, [rip + ...]` and of `lea register, [rsp - 128]`. */
const ARGUMENTS = [
  ["di", [0x3d], [0x7c, 0x24, 0x80]],
  ["si", [0x35], [0x74, 0x24, 0x80]],
  ["dx", [0x15], [0x54, 0x24, 0x80]],
  ["r10", [0x15], [0x54, 0x24, 0x80]],
] as const satisfies readonly (readonly [GeneralRegister, readonly number[], readonly number[]])[];

/**
 * The program of a process that has what most programs have, and sleeps: a session of its own, a directory, a pipe, and a pair of sockets.
 *
 * @param ready a descriptor that it closes last. It has no other one from its parent.
 */
export function sleeperElf(ready: number): Uint8Array {
  const code = new MachineCode();
  const calls: readonly (readonly [SyscallName, ...(readonly Operand[])])[] = [
    ["close_range", 0, ready - 1, 0],
    ["close_range", ready + 1, LAST_DESCRIPTOR, 0],
    ["prctl", PR.SET_PDEATHSIG, SIG.KILL],
    ["prctl", PR.SET_NAME, "restage"],
    ["setsid"],
    ["open", "/", 0],
    ["pipe2", STACK, 0],
    ["socketpair", AF.UNIX, SOCK.STREAM, 0, STACK],
    ["close", ready],
    ["poll", 0, 0, LIMIT],
    ["exit_group", 0],
  ];
  for (const [name, ...operands] of calls) {
    operands.forEach((operand, index) => void place(code, operand, index));
    code.load("ax", BigInt(syscallNumber(name)));
    code.emit(...SYSCALL);
  }
  return elfFile(ADDRESS, code.finish());
}

function place(code: MachineCode, operand: Operand, index: number): void {
  const [register, ofWord, ofStack] = ARGUMENTS[index] ?? ARGUMENTS[0];
  const prefix = register === "r10" ? 0x4c : 0x48;
  if (typeof operand === "number") code.load(register, BigInt(operand));
  else if (operand === STACK) code.emit(prefix, 0x8d, ...ofStack);
  else code.withWord([prefix, 0x8d, ...ofWord], wordOf(operand));
}

/** Text with zeros behind it. */
function wordOf(text: string): bigint {
  const bytes = new Uint8Array(8);
  new TextEncoder().encodeInto(text, bytes);
  return new DataView(bytes.buffer).getBigUint64(0, true);
}
