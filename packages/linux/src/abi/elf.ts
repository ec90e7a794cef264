/** The first four bytes of an ELF file, as a little-endian number. Source: include/uapi/linux/elf.h. */
export const ELF_MAGIC = 0x464c_457f;

/** Word sizes of ELF files. Source: include/uapi/linux/elf.h. */
export const ELFCLASS = { 64: 2 } as const;

/** Types of ELF files. Source: include/uapi/linux/elf.h. */
export const ET = { EXEC: 2 } as const;

/** Machines of ELF files. Source: include/uapi/linux/elf-em.h. */
export const EM = { X86_64: 62 } as const;

/** Types of segments. Source: include/uapi/linux/elf.h. */
export const PT = { LOAD: 1, DYNAMIC: 2, NOTE: 4 } as const;

/** Rights of segments. Source: include/uapi/linux/elf.h. */
export const PF = { X: 1, W: 2, R: 4 } as const;

/** Tags of the dynamic section. Source: include/uapi/linux/elf.h. */
export const DT = { HASH: 4, STRTAB: 5, SYMTAB: 6, STRSZ: 10, GNU_HASH: 0x6fff_fef5 } as const;

/** Types of symbols. Source: include/uapi/linux/elf.h. */
export const STT = { FUNC: 2 } as const;

/** Bytes of Elf64_Ehdr, Elf64_Phdr and Elf64_Sym. Source: include/uapi/linux/elf.h. */
export const ELF64 = { EHDR_SIZE: 64, PHDR_SIZE: 56, SYM_SIZE: 24 } as const;

/** Bytes of Elf64_Nhdr, the header of a note. Source: include/uapi/linux/elf.h. */
export const NHDR_SIZE = 12;

/** The type of the note that holds the linker's build-id. Source: elf(5). */
export const NT_GNU_BUILD_ID = 3;
