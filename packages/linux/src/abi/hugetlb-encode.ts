/**
 * The size of huge pages, as a power of two, in the flags of mmap(2), memfd_create(2) and shmget(2).
 * Source: include/uapi/asm-generic/hugetlb_encode.h.
 */
export const HUGETLB_FLAG_ENCODE = { SHIFT: 26, MASK: 0x3f } as const;
