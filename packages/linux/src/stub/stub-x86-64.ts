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
const HEADERS_SIZE = 64 + 56;

/** The address at which a stub at `address` starts to map the restorer area. */
export function stubBootAddress(address: number): number {
  return address + HEADERS_SIZE + BOOT;
}

/**
 * The ELF file of a stub. Source of the layout: elf(5).
 *
 * @param address a multiple of 4096.
 * @param lifeline the descriptor from which it reads until it is traced.
 */
export function stubElf(address: number, lifeline: number): Uint8Array {
  const size = HEADERS_SIZE + CODE.length;
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // e_type ET_EXEC
  view.setUint16(18, 62, true); // e_machine EM_X86_64
  view.setUint32(20, 1, true); // e_version
  view.setBigUint64(24, BigInt(address + HEADERS_SIZE), true); // e_entry
  view.setBigUint64(32, 64n, true); // e_phoff
  view.setUint16(52, 64, true); // e_ehsize
  view.setUint16(54, 56, true); // e_phentsize
  view.setUint16(56, 1, true); // e_phnum
  view.setUint32(64, 1, true); // p_type PT_LOAD
  view.setUint32(68, 5, true); // p_flags R+X
  view.setBigUint64(80, BigInt(address), true); // p_vaddr
  view.setBigUint64(88, BigInt(address), true); // p_paddr
  view.setBigUint64(96, BigInt(size), true); // p_filesz
  view.setBigUint64(104, BigInt(size), true); // p_memsz
  view.setBigUint64(112, 4096n, true); // p_align
  file.set(CODE, HEADERS_SIZE);
  view.setUint32(HEADERS_SIZE + LIFELINE, lifeline, true);
  return file;
}
