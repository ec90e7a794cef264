/**
 * The program of the init of a pid namespace while its tree runs: it reaps its children, and exits when none is left. Its exit status is
 * the root task's, or 128 plus the signal that killed the root task.
 *
 *     start: mov eax, 61 (wait4) ; mov rdi, -1 ; lea rsi, [rip + STATUS] ; xor edx, edx ; xor r10d, r10d ; syscall
 *            cmp eax, -ECHILD ; je end
 *            cmp eax, ROOT ; jne start
 *            mov ebx, [rip + STATUS] ; jmp start
 *     end:   mov edi, ebx ; shr edi, 8 ; and ebx, 0x7f ; je 1f
 *            lea edi, [rbx + 128]
 *     1:     mov eax, 231 (exit_group) ; syscall ; jmp .
 *
 * STATUS is the first word of the page after it. ebx must be 0 at the start.
 */
const CODE = [
  0xb8, 0x3d, 0x00, 0x00, 0x00, 0x48, 0xc7, 0xc7, 0xff, 0xff, 0xff, 0xff, 0x48, 0x8d, 0x35, 0xed, 0x0f, 0x00, 0x00,
  0x31, 0xd2, 0x45, 0x31, 0xd2, 0x0f, 0x05, 0x83, 0xf8, 0xf6, 0x74, 0x0f, 0x3d, 0x00, 0x00, 0x00, 0x00, 0x75, 0xda,
  0x8b, 0x1d, 0xd4, 0x0f, 0x00, 0x00, 0xeb, 0xd2, 0x89, 0xdf, 0xc1, 0xef, 0x08, 0x83, 0xe3, 0x7f, 0x74, 0x06, 0x8d,
  0xbb, 0x80, 0x00, 0x00, 0x00, 0xb8, 0xe7, 0x00, 0x00, 0x00, 0x0f, 0x05, 0xeb, 0xfe,
];

const ROOT = 32;

/** The code of an init, for the start of a page that a writable page follows. @param root pid of the root task in the namespace. */
export function initCode(root: number): Uint8Array {
  const code = Uint8Array.from(CODE);
  new DataView(code.buffer).setUint32(ROOT, root, true);
  return code;
}
