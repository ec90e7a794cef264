/** Signal numbers of x86_64. Source: include/uapi/asm-generic/signal.h, arch/x86 signal.h. */
export const SIG = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  PWR: 30,
  SYS: 31,
} as const;

/** The highest signal number. */
export const NSIG = 64;

/** `how` of rt_sigprocmask(2). */
export const SIG_BLOCK = { BLOCK: 0, UNBLOCK: 1, SETMASK: 2 } as const;

/** Handlers that are no addresses. */
export const SIG_DFL = 0n;
export const SIG_IGN = 1n;

/** A mask of all signals. */
export const ALL_SIGNALS = 0xffff_ffff_ffff_ffffn;

/** sizeof(kernel_sigset_t), the last argument of the rt_sig calls. */
export const SIGSET_SIZE = 8;

/** struct kernel_sigaction on x86_64: handler, flags, restorer, mask, 8 bytes each. */
export const KERNEL_SIGACTION_SIZE = 32;

/** stack_t: offsets of its members. Source: include/uapi/asm-generic/signal.h. */
export const STACK_T = { size: 24, ss_sp: 0, ss_flags: 8, ss_size: 16 } as const;

/** Flags of stack_t. Source: include/uapi/linux/signal.h. */
export const SS = { ONSTACK: 1, DISABLE: 2 } as const;

/** The bit of a signal in a mask. */
export function signalBit(signal: number): bigint {
  return 1n << BigInt(signal - 1);
}

/** The name of a signal (`SIGCHLD`), also of real-time ones (`SIGRT34`). */
export function signalName(signal: number): string {
  for (const [name, number] of Object.entries(SIG)) if (number === signal) return `SIG${name}`;
  return `SIGRT${signal}`;
}
