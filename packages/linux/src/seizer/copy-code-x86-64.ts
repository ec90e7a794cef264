import { CLONE } from "../abi/sched.ts";
import { SIG } from "../abi/signal.ts";
import { bytesOf, type Detour, placeDetour } from "./detour-x86-64.ts";
import type { InjectedMemory } from "./injected-memory.ts";

/**
 * Machine code with which a thread makes a copy of its process that is nobody's child: a helper makes the copy and ends, so that the copy goes to init.
 * The helper shares the memory of the process and has no exit signal. The thread waits for it, so nothing of it is left. Neither uses the stack.
 *
 * r13 = a block: the answer (the pid of the copy, or -errno), flags of clone(2) for the helper and for the copy, and what the copy runs: the slot of a
 * program and the entry of the interpreter.
 *
 *             mov eax, 56 ; mov edi, [r13+8] ; xor esi, esi ; xor edx, edx ; xor r10d, r10d ; xor r8d, r8d ; syscall    # clone: the helper
 *             test rax, rax ; jz 1f ; js 3f
 *             mov edi, eax ; xor esi, esi ; mov edx, 0x40000000 ; xor r10d, r10d ; mov eax, 61 ; syscall ; jmp 4f      # wait4: __WALL
 *     1:      mov eax, 56 ; mov edi, [r13+16] ; xor esi, esi ; xor edx, edx ; xor r10d, r10d ; xor r8d, r8d ; syscall   # clone: the copy
 *             test rax, rax ; jz 2f
 *             mov [r13], eax ; mov eax, 60 ; xor edi, edi ; syscall                                                    # exit
 *     2:      mov r12, [r13+24] ; jmp qword [r13+32]
 *     3:      mov [r13], eax
 *     4:
 */
const COPY = `
b8 38 00 00 00 41 8b 7d 08 31 f6 31 d2 45 31 d2 45 31 c0 0f 05 48 85 c0 74 17
78 44 89 c7 31 f6 ba 00 00 00 40 45 31 d2 b8 3d 00 00 00 0f 05 eb 33 b8 38 00
00 00 41 8b 7d 10 31 f6 31 d2 45 31 d2 45 31 c0 0f 05 48 85 c0 74 0d 41 89 45
00 b8 3c 00 00 00 31 ff 0f 05 4d 8b 65 18 41 ff 65 20 41 89 45 00`;

const HELPER_FLAGS = 8;
const COPY_FLAGS = 16;
const SLOT = 24;
const ENTRY = 32;
const BLOCK_SIZE = 40;

/** The bytes of the machine code. */
export function copyCode(): Uint8Array {
  return bytesOf(COPY);
}

/**
 * Places code for a thread that first makes a copy of its process, and then runs a program of the interpreter.
 *
 * @param slot of the thread's program.
 * @param slotOfCopy of the copy's program, which must not come to its end.
 */
export function visitWithCopy(injected: InjectedMemory, slot: number, slotOfCopy: number): Detour {
  const block = new Uint8Array(BLOCK_SIZE);
  const view = new DataView(block.buffer);
  // The copy shares the descriptors until it leaves them: so it never has references of its own to open files.
  view.setUint32(HELPER_FLAGS, CLONE.VM | CLONE.FILES, true);
  view.setUint32(COPY_FLAGS, CLONE.FILES | SIG.CHLD, true);
  view.setBigUint64(SLOT, BigInt(slotOfCopy), true);
  view.setBigUint64(ENTRY, BigInt(injected.entry), true);
  return placeDetour(injected, block, copyCode(), slot);
}
