/** Protection of mappings. Source: include/uapi/asm-generic/mman-common.h. */
export const PROT = { NONE: 0, READ: 1, WRITE: 2, EXEC: 4 } as const;

/** Flags of mmap(2) on x86_64. Source: include/uapi/linux/mman.h, asm-generic/mman-common.h, arch/x86 mman.h. */
export const MAP = {
  SHARED: 0x01,
  PRIVATE: 0x02,
  SHARED_VALIDATE: 0x03,
  DROPPABLE: 0x08,
  FIXED: 0x10,
  ANONYMOUS: 0x20,
  "32BIT": 0x40,
  GROWSDOWN: 0x100,
  DENYWRITE: 0x800,
  EXECUTABLE: 0x1000,
  LOCKED: 0x2000,
  NORESERVE: 0x4000,
  POPULATE: 0x8000,
  NONBLOCK: 0x10000,
  STACK: 0x20000,
  HUGETLB: 0x40000,
  FIXED_NOREPLACE: 0x100000,
} as const;

/** Flags of mremap(2). Source: include/uapi/linux/mman.h. */
export const MREMAP = { MAYMOVE: 1, FIXED: 2, DONTUNMAP: 4 } as const;

/** Advice of madvise(2). Source: include/uapi/asm-generic/mman-common.h. */
export const MADV = {
  NORMAL: 0,
  RANDOM: 1,
  SEQUENTIAL: 2,
  WILLNEED: 3,
  DONTNEED: 4,
  REMOVE: 9,
  DONTFORK: 10,
  DOFORK: 11,
  MERGEABLE: 12,
  UNMERGEABLE: 13,
  HUGEPAGE: 14,
  NOHUGEPAGE: 15,
  DONTDUMP: 16,
  DODUMP: 17,
  WIPEONFORK: 18,
  KEEPONFORK: 19,
  POPULATE_READ: 22,
  POPULATE_WRITE: 23,
  COLLAPSE: 25,
  GUARD_INSTALL: 102,
} as const;

/** Flags of memfd_create(2). Source: include/uapi/linux/memfd.h. */
export const MFD = { CLOEXEC: 1, ALLOW_SEALING: 2, HUGETLB: 4, NOEXEC_SEAL: 8, EXEC: 16 } as const;

/** Bytes in a page on x86_64. */
export const PAGE_SIZE = 4096;

/** The end of the addresses that mmap(2) gives out unless asked for more: 47 bits. Source: arch/x86/include/asm/page_64_types.h. */
export const TASK_SIZE = 0x7fff_ffff_f000;

/** The flag of mlock2(2). Source: include/uapi/asm-generic/mman-common.h. */
export const MLOCK_ONFAULT = 1;

/** Flags of mlockall(2). Source: include/uapi/asm-generic/mman.h. */
export const MCL = { CURRENT: 1, FUTURE: 2, ONFAULT: 4 } as const;

/** Of msync(2): fails with EBUSY in a locked mapping. Source: include/uapi/asm-generic/mman-common.h. */
export const MS_INVALIDATE = 2;
