/**
 * Machine code for the coordinator's own use, called through the runtime's foreign function interface.
 * A raw system call returns -errno at once: asking libc for `errno` with a second call can give another
 * call's, because the runtime makes calls of its own in between.
 */

/**
 * `long raw(nr, a0, a1, a2, a3, a4, a5)`:
 *
 *     mov rax, rdi ; mov rdi, rsi ; mov rsi, rdx ; mov rdx, rcx
 *     mov r10, r8  ; mov r8, r9   ; mov r9, [rsp+8]
 *     syscall ; ret
 */
const RAW_SYSCALL = [
  0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7, 0x48, 0x89, 0xd6, 0x48, 0x89, 0xca, 0x4d, 0x89, 0xc2, 0x4d, 0x89, 0xc8, 0x4c,
  0x8b, 0x4c, 0x24, 0x08, 0x0f, 0x05, 0xc3,
];

/**
 * `long spawn(clone_args, size, path, argv, envp)`: clone3 with CLONE_VM | CLONE_VFORK, then execve in the child.
 * The child shares the caller's stack and so touches none: everything is in registers. When execve fails the
 * child stores its result behind clone_args (offset 88) and exits.
 *
 *     mov r9, rcx ; mov r10, rdi
 *     mov eax, 435 ; syscall            # clone3
 *     test eax, eax ; jnz parent
 *     mov rdi, rdx ; mov rsi, r9 ; mov rdx, r8
 *     mov eax, 59 ; syscall             # execve
 *     mov [r10+88], rax
 *     mov edi, 127 ; mov eax, 231 ; syscall
 *   parent: ret
 */
const SPAWN = [
  0x49, 0x89, 0xc9, 0x49, 0x89, 0xfa, 0xb8, 0xb3, 0x01, 0x00, 0x00, 0x0f, 0x05, 0x85, 0xc0, 0x75, 0x20, 0x48, 0x89,
  0xd7, 0x4c, 0x89, 0xce, 0x4c, 0x89, 0xc2, 0xb8, 0x3b, 0x00, 0x00, 0x00, 0x0f, 0x05, 0x49, 0x89, 0x42, 0x58, 0xbf,
  0x7f, 0x00, 0x00, 0x00, 0xb8, 0xe7, 0x00, 0x00, 0x00, 0x0f, 0x05, 0xc3,
];

/**
 * `long cpuid(leaf, subleaf, out)`: stores eax, ebx, ecx, edx at `out`.
 *
 *     push rbx ; mov eax, edi ; mov ecx, esi ; mov r8, rdx ; cpuid
 *     mov [r8], eax ; mov [r8+4], ebx ; mov [r8+8], ecx ; mov [r8+12], edx
 *     xor eax, eax ; pop rbx ; ret
 */
const CPUID = [
  0x53, 0x89, 0xf8, 0x89, 0xf1, 0x49, 0x89, 0xd0, 0x0f, 0xa2, 0x41, 0x89, 0x00, 0x41, 0x89, 0x58, 0x04, 0x41, 0x89,
  0x48, 0x08, 0x41, 0x89, 0x50, 0x0c, 0x31, 0xc0, 0x5b, 0xc3,
];

/** Where each function starts in the page of machine code. */
export const TRAMPOLINE = { rawSyscall: 0, spawn: 64, cpuid: 128, size: 192 } as const;

/** The bytes of that page. */
export function trampolineCode(): Uint8Array {
  const code = new Uint8Array(TRAMPOLINE.size).fill(0xcc);
  code.set(RAW_SYSCALL, TRAMPOLINE.rawSyscall);
  code.set(SPAWN, TRAMPOLINE.spawn);
  code.set(CPUID, TRAMPOLINE.cpuid);
  return code;
}
