import { ERRNO } from "../abi/errno.ts";
import { LANDLOCK_ACCESS_FS } from "../abi/landlock.ts";
import { CLONE } from "../abi/sched.ts";
import { bytesOf, type Detour, placeDetour } from "./detour-x86-64.ts";
import type { InjectedMemory } from "./injected-memory.ts";

/**
 * Machine code with which a thread finds out how many Landlock domains it is in. The kernel shows them nowhere, but a thread can be in at most 16.
 *
 * A thread outside all domains may look at any process that its user may look at, also at this one: get_robust_list(2) then succeeds, and the answer is 0. Otherwise
 * the thread makes another one that enters domains until the kernel refuses it, and ends. The new thread has its own credentials, so that nothing else in the process
 * changes; CLONE_VFORK makes the first one wait for its end.
 *
 * r13 = a block: the answer (a number of domains, or -errno), the pid of this process, flags of clone(2), a ruleset, and space for get_robust_list(2).
 *
 *             mov eax, 274 ; mov edi, [r13+8] ; lea rsi, [r13+32] ; lea rdx, [r13+40] ; syscall         # get_robust_list
 *             test eax, eax ; jz 4f
 *             mov eax, 56 ; mov edi, [r13+16] ; xor esi, esi ; xor edx, edx ; xor r10d, r10d ; xor r8d, r8d ; syscall    # clone
 *             test rax, rax ; jg 5f ; js 4f
 *             mov eax, 157 ; mov edi, 38 ; mov esi, 1 ; syscall                                         # prctl(PR_SET_NO_NEW_PRIVS)
 *             mov eax, 444 ; lea rdi, [r13+24] ; mov esi, 8 ; syscall                                   # landlock_create_ruleset
 *             test eax, eax ; js 3f
 *             mov r14d, eax ; mov r15d, 16
 *     1:      mov eax, 446 ; mov edi, r14d ; xor esi, esi ; syscall                                     # landlock_restrict_self
 *             test eax, eax ; jnz 2f ; dec r15d ; jmp 1b
 *     2:      cmp eax, -7 ; cmove eax, r15d ; mov [r13], eax                                            # E2BIG
 *             mov eax, 3 ; mov edi, r14d ; syscall ; jmp 31f                                            # close
 *     3:      mov [r13], eax
 *     31:     mov eax, 60 ; xor edi, edi ; syscall                                                      # exit
 *     4:      mov [r13], eax
 *     5:
 */
const PROBE = `
b8 12 01 00 00 41 8b 7d 08 49 8d 75 20 49 8d 55 28 0f 05 85 c0 0f 84 83 00 00
00 b8 38 00 00 00 41 8b 7d 10 31 f6 31 d2 45 31 d2 45 31 c0 0f 05 48 85 c0 7f
6d 78 67 b8 9d 00 00 00 bf 26 00 00 00 be 01 00 00 00 0f 05 b8 bc 01 00 00 49
8d 7d 18 be 08 00 00 00 0f 05 85 c0 78 35 41 89 c6 41 bf 10 00 00 00 b8 be 01
00 00 44 89 f7 31 f6 0f 05 85 c0 75 05 41 ff cf eb eb 83 f8 f9 41 0f 44 c7 41
89 45 00 b8 03 00 00 00 44 89 f7 0f 05 eb 04 41 89 45 00 b8 3c 00 00 00 31 ff
0f 05 41 89 45 00`;

const ANSWER = 0;
const OBSERVER = 8;
const FLAGS = 16;
const RULESET = 24;
const BLOCK_SIZE = 48;

/** CLONE_PTRACE: a seccomp filter of the process is suspended only in threads that this process traces. */
const FLAGS_OF_THREAD =
  CLONE.VM | CLONE.FS | CLONE.FILES | CLONE.SIGHAND | CLONE.THREAD | CLONE.SYSVSEM | CLONE.VFORK | CLONE.PTRACE;

/** The bytes of the machine code. */
export function probeCode(): Uint8Array {
  return bytesOf(PROBE);
}

/**
 * Places code for a thread that first finds out how many Landlock domains it is in, and then runs a program of the interpreter.
 *
 * @param observer the pid of this process in the pid namespace of the thread, if it has one there.
 */
export function visitWithProbe(injected: InjectedMemory, slot: number, observer: number | undefined): Detour {
  const block = new Uint8Array(BLOCK_SIZE);
  const view = new DataView(block.buffer);
  view.setInt32(ANSWER, -ERRNO.ESRCH, true);
  view.setInt32(OBSERVER, observer ?? NOBODY, true);
  view.setUint32(FLAGS, FLAGS_OF_THREAD, true);
  view.setBigUint64(RULESET, BigInt(LANDLOCK_ACCESS_FS.WRITE_FILE), true);
  return placeDetour(injected, block, probeCode(), slot);
}

/** No process has this pid; 0 would be the thread itself. */
const NOBODY = -1;
