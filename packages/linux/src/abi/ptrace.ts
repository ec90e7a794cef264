import { SIG } from "./signal.ts";

/** Requests of ptrace(2) on x86_64. Source: include/uapi/linux/ptrace.h, arch/x86 ptrace-abi.h. */
export const PTRACE = {
  POKEDATA: 5,
  CONT: 7,
  GETREGS: 12,
  SETREGS: 13,
  DETACH: 17,
  SYSCALL: 24,
  GET_THREAD_AREA: 25,
  SET_THREAD_AREA: 26,
  SETOPTIONS: 0x4200,
  GETEVENTMSG: 0x4201,
  GETSIGINFO: 0x4202,
  GETREGSET: 0x4204,
  SETREGSET: 0x4205,
  SEIZE: 0x4206,
  INTERRUPT: 0x4207,
  PEEKSIGINFO: 0x4209,
  GETSIGMASK: 0x420a,
  SETSIGMASK: 0x420b,
  SECCOMP_GET_FILTER: 0x420c,
  SECCOMP_GET_METADATA: 0x420d,
  GET_RSEQ_CONFIGURATION: 0x420f,
  SET_SYSCALL_USER_DISPATCH_CONFIG: 0x4210,
  GET_SYSCALL_USER_DISPATCH_CONFIG: 0x4211,
} as const;

/** struct ptrace_sud_config: four u64 fields. Source: include/uapi/linux/ptrace.h. */
export const SYSCALL_DISPATCH_SIZE = 32;

/** Options of PTRACE_SEIZE and PTRACE_SETOPTIONS. Source: include/uapi/linux/ptrace.h. */
export const PTRACE_O = { TRACESYSGOOD: 1, EXITKILL: 1 << 20, SUSPEND_SECCOMP: 1 << 21 } as const;

/** status>>16 of a stop that is not a signal's. Source: include/uapi/linux/ptrace.h. */
export const PTRACE_EVENT_STOP = 128;

/** Register sets of PTRACE_SETREGSET. Source: include/uapi/linux/elf.h. */
export const NT = { PRSTATUS: 1, X86_XSTATE: 0x202 } as const;

/** The signal of a stop at the start or the end of a system call under PTRACE_O_TRACESYSGOOD. Source: ptrace(2). */
export const SYSCALL_STOP: number = SIG.TRAP | 0x80;

/** Entries of the GDT that each thread has of its own (TLS). Source: arch/x86/include/asm/segment.h. */
export const GDT_TLS: { readonly first: number; readonly count: number } = { first: 12, count: 3 };

/** struct user_desc: entry number, base, limit and flags, four bytes each. Source: arch/x86/include/uapi/asm/ldt.h. */
export const USER_DESC = { size: 16, entry_number: 0, base_addr: 4, limit: 8, flags: 12 } as const;
