const FILE_HEADER_SIZE = 64;

/** The length of the headers in front of the code. */
export const ELF_HEADERS_SIZE = FILE_HEADER_SIZE + 56;

/**
 * A static program: headers, and code that runs from its first byte, in one readable and executable segment. Source of the layout: elf(5).
 *
 * @param address of the headers, a multiple of 4096.
 */
export function elfFile(address: number, code: Uint8Array | readonly number[]): Uint8Array {
  const size = ELF_HEADERS_SIZE + code.length;
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // e_type ET_EXEC
  view.setUint16(18, 62, true); // e_machine EM_X86_64
  view.setUint32(20, 1, true); // e_version
  view.setBigUint64(24, BigInt(address + ELF_HEADERS_SIZE), true); // e_entry
  view.setBigUint64(32, BigInt(FILE_HEADER_SIZE), true); // e_phoff
  view.setUint16(52, FILE_HEADER_SIZE, true); // e_ehsize
  view.setUint16(54, 56, true); // e_phentsize
  view.setUint16(56, 1, true); // e_phnum
  view.setUint32(64, 1, true); // p_type PT_LOAD
  view.setUint32(68, 5, true); // p_flags R+X
  view.setBigUint64(80, BigInt(address), true); // p_vaddr
  view.setBigUint64(88, BigInt(address), true); // p_paddr
  view.setBigUint64(96, BigInt(size), true); // p_filesz
  view.setBigUint64(104, BigInt(size), true); // p_memsz
  view.setBigUint64(112, 4096n, true); // p_align
  file.set(code, ELF_HEADERS_SIZE);
  return file;
}
