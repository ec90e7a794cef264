/**
 * The interpreter: position-independent machine code at the start of the restorer area. It runs an array of records inside a task, at
 * native speed and without a stop.
 *
 * Register use: r12 = the slot of this thread (its first word is the address of the next program), rbx = the
 * record that runs. No stack. A program ends, or fails, with `int3`; continued from there it starts the program that
 * the slot then names, so another batch needs no register to be set.
 *
 * For each record: arguments marked in `loads` are replaced by the value at the address they hold (in place, so that a
 * failed record shows what was really passed); then by `operation` the call, store, copy, jump, merge, leave (to other machine code) or end. A call's result is
 * stored; it fails when it differs from `expected` (if FLAG_EXPECT) or is an error that `allowed` does not list. With FLAG_PATIENT, a call that gives
 * EBUSY or EEXIST is made again, as often as `expected` says.
 *
 *     entry:  mov rbx, [r12]
 *     next:   mov ecx, [rbx+80] ; test ecx, ecx ; jz 4f         # loads: 2 bits an argument
 *             lea r14, [rbx+8]
 *     1:      test cl, 3 ; jz 3f
 *             mov rax, [r14] ; test cl, 1 ; jz 2f
 *             mov rax, [rax] ; mov [r14], rax ; jmp 3f          # 1: 64 bits
 *     2:      mov eax, [rax] ; mov [r14], rax                   # 2: 32 bits
 *     3:      add r14, 8 ; shr ecx, 2 ; jnz 1b
 *     4:      mov rdi, [rbx+8] ; mov rsi, [rbx+16] ; mov rdx, [rbx+24]
 *             movzx ecx, word [rbx+4] ; test ecx, ecx ; jnz 6f
 *             mov r10, [rbx+32] ; mov r8, [rbx+40] ; mov r9, [rbx+48] ; mov eax, [rbx] ; syscall
 *             mov [rbx+56], rax
 *             test byte [rbx+6], 1 ; jz 5f
 *             cmp rax, [rbx+64] ; je 8f ; int3 ; jmp entry
 *     5:      cmp rax, -4095 ; jb 8f
 *             neg eax ; lea ecx, [rax-16] ; cmp ecx, 1 ; ja 50f # EBUSY, EEXIST
 *             test byte [rbx+6], 2 ; jz 50f ; dec qword [rbx+64] ; js 50f
 *             xor edi, edi ; xor esi, esi ; mov edx, 10 ; mov eax, 7 ; syscall ; jmp 4b    # poll: 10 ms later again
 *     50:     mov rcx, [rbx+72]                                 # allowed: four u16, 0xffff for any
 *     51:     cmp cx, ax ; je 8f ; cmp cx, 0xffff ; je 8f ; shr rcx, 16 ; jnz 51b
 *             int3 ; jmp entry
 *     6:      dec ecx ; jnz 7f ; mov [rdi], esi ; jmp 78f       # STORE_32
 *     7:      dec ecx ; jnz 71f ; mov [rdi], rsi ; jmp 78f      # STORE_64
 *     71:     dec ecx ; jnz 72f ; mov rcx, rdx ; rep movsb ; jmp 78f
 *     72:     dec ecx ; jnz 73f ; mov rbx, rdi ; jmp next       # JUMP
 *     73:     dec ecx ; jnz 75f ; mov r8, rdi ; mov r9, rsi     # MERGE: page by page, copied only where it differs
 *     74:     mov rdi, r8 ; mov rsi, r9 ; mov ecx, 512 ; repe cmpsq ; je 741f
 *             mov rdi, r8 ; mov rsi, r9 ; mov ecx, 512 ; rep movsq
 *     741:    add r8, 4096 ; add r9, 4096 ; sub rdx, 4096 ; jnz 74b ; jmp 78f
 *     75:     dec ecx ; jnz 76f ; jmp rdi                       # LEAVE
 *     76:     mov qword [rbx+56], 0 ; int3 ; jmp entry          # END
 *     78:     mov qword [rbx+56], 0
 *     8:      add rbx, 88 ; jmp next
 *             .balign 16
 *     single: syscall ; int3
 */
const INTERPRETER = `
49 8b 1c 24 8b 4b 50 85 c9 74 27 4c 8d 73 08 f6 c1 03 74 15 49 8b 06 f6 c1 01
74 08 48 8b 00 49 89 06 eb 05 8b 00 49 89 06 49 83 c6 08 c1 e9 02 75 dd 48 8b
7b 08 48 8b 73 10 48 8b 53 18 0f b7 4b 04 85 c9 75 7e 4c 8b 53 20 4c 8b 43 28
4c 8b 4b 30 8b 03 0f 05 48 89 43 38 f6 43 06 01 74 0d 48 3b 43 40 0f 84 df 00
00 00 cc eb 93 48 3d 01 f0 ff ff 0f 82 d0 00 00 00 f7 d8 8d 48 f0 83 f9 01 77
1e f6 43 06 02 74 18 48 ff 4b 40 78 12 31 ff 31 f6 ba 0a 00 00 00 b8 07 00 00
00 0f 05 eb 91 48 8b 4b 48 66 39 c1 0f 84 9b 00 00 00 66 83 f9 ff 0f 84 91 00
00 00 48 c1 e9 10 75 e7 cc e9 3c ff ff ff ff c9 75 04 89 37 eb 75 ff c9 75 05
48 89 37 eb 6c ff c9 75 07 48 89 d1 f3 a4 eb 61 ff c9 75 08 48 89 fb e9 18 ff
ff ff ff c9 75 3d 49 89 f8 49 89 f1 4c 89 c7 4c 89 ce b9 00 02 00 00 f3 48 a7
74 0e 4c 89 c7 4c 89 ce b9 00 02 00 00 f3 48 a5 49 81 c0 00 10 00 00 49 81 c1
00 10 00 00 48 81 ea 00 10 00 00 75 cb eb 14 ff c9 75 02 ff e7 48 c7 43 38 00
00 00 00 cc e9 bf fe ff ff 48 c7 43 38 00 00 00 00 48 83 c3 58 e9 b2 fe ff ff
cc cc cc cc cc cc cc cc cc cc cc cc cc cc 0f 05 cc`;

/** Offsets in the machine code. `single` is a bare `syscall`, for calls by syscall stops. */
export const INTERPRETER_OFFSETS = { entry: 0, single: 0x160 } as const;

let code: Uint8Array | undefined;

/** The bytes of the interpreter. */
export function interpreterCode(): Uint8Array {
  code ??= Uint8Array.from(INTERPRETER.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16));
  return code;
}

/** A record: offsets of its parts and its size, in bytes. */
export const RECORD = {
  size: 88,
  number: 0,
  operation: 4,
  flags: 6,
  args: 8,
  result: 56,
  expected: 64,
  allowed: 72,
  loads: 80,
} as const;

export const OPERATION = { CALL: 0, STORE_32: 1, STORE_64: 2, COPY: 3, JUMP: 4, MERGE: 5, LEAVE: 6, END: 7 } as const;
export const FLAG_EXPECT = 1;
export const FLAG_PATIENT = 2;
export const LOAD = { NONE: 0, WORD_64: 1, WORD_32: 2 } as const;

/** The `result` of a record that has not run. No call returns it. */
export const NOT_RUN = -0x8000_0000_0000_0000n;
/** The upper half of NOT_RUN, which is enough to recognise it. */
export const NOT_RUN_HIGH = -0x8000_0000;
