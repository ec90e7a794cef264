import { SYSCALL_NUMBERS } from "./syscalls-x86-64.ts";

/** The name of a system call, as in its man page. */
export type SyscallName = keyof typeof SYSCALL_NUMBERS;

/** The number of a system call on the architecture that runs. Only x86_64 is known yet. */
export function syscallNumber(name: SyscallName): number {
  return SYSCALL_NUMBERS[name];
}

/** The name of a system call by its number, or undefined when it is none that is known. */
export function syscallName(number: number): SyscallName | undefined {
  for (const [name, value] of Object.entries(SYSCALL_NUMBERS)) if (value === number) return name as SyscallName;
  return undefined;
}
