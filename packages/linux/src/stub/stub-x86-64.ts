import { ELF_HEADERS_SIZE, elfFile } from "../host/elf-x86-64.ts";

/**
 * The stub: a static ELF file of one page, made for each restore. It forks the root task. The root task cannot be a fork of the runtime: a
 * child of V8 never returns into V8, and the runtime's memory would be in the way.
 *
 * Until it is traced, it reads from a pipe whose other end only the coordinator has open: it exits when the coordinator is killed.
 *
 *     start: xor eax, eax (read) ; mov edi, LIFELINE ; lea rsi, [rsp - 64] ; mov edx, 1 ; syscall
 *            test eax, eax ; js start
 *            xor edi, edi ; mov eax, 231 (exit_group) ; syscall
 *     boot:  syscall               # registers set by the tracer: mmap of the restorer area
 *            cmp rax, rdi ; jne 1f
 *            jmp r13               # the interpreter in the restorer area
 *     1:     int3 ; jmp start
 */
const CODE = [
  0x31, 0xc0, 0xbf, 0x00, 0x00, 0x00, 0x00, 0x48, 0x8d, 0x74, 0x24, 0xc0, 0xba, 0x01, 0x00, 0x00, 0x00, 0x0f, 0x05,
  0x85, 0xc0, 0x78, 0xe9, 0x31, 0xff, 0xb8, 0xe7, 0x00, 0x00, 0x00, 0x0f, 0x05, 0x0f, 0x05, 0x48, 0x39, 0xf8, 0x75,
  0x03, 0x41, 0xff, 0xe5, 0xcc, 0xeb, 0xd3,
];

const LIFELINE = 3;
const BOOT = 32;

/** The address at which a stub at `address` starts to map the restorer area. */
export function stubBootAddress(address: number): number {
  return address + ELF_HEADERS_SIZE + BOOT;
}

/**
 * The ELF file of a stub.
 *
 * @param address a multiple of 4096.
 * @param lifeline the descriptor from which it reads until it is traced.
 */
export function stubElf(address: number, lifeline: number): Uint8Array {
  const file = elfFile(address, CODE);
  new DataView(file.buffer).setUint32(ELF_HEADERS_SIZE + LIFELINE, lifeline, true);
  return file;
}
