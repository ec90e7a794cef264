import type { VmaEntry } from "@restage/images";
import { MAP } from "@restage/linux/abi";

/** Where flags of mmap(2), memfd_create(2) and shmget(2) have the size, as a power of two. Source: include/uapi/asm-generic/hugetlb_encode.h. */
const SIZE_SHIFT = 26;
const SIZE_MASK = 0x3f;
export const HUGE_PAGE_SIZE: number = (SIZE_MASK << SIZE_SHIFT) >>> 0;
const DEFAULT_SIZE = 21;

/** What a call that wants huge pages may fail for. */
export const HUGE_PAGES_HINT =
  "huge pages are reserved with /proc/sys/vm/nr_hugepages, or /sys/kernel/mm/hugepages/ for other sizes";

/** Bytes of a huge page. All three calls have MAP_HUGETLB's encoding. */
export function hugePageSize(flags: number): number {
  const power = (flags >>> SIZE_SHIFT) & SIZE_MASK;
  return 2 ** (power === 0 ? DEFAULT_SIZE : power);
}

export function hasHugePages(vma: VmaEntry): boolean {
  return (vma.flags & MAP.HUGETLB) !== 0;
}

/** The next address that is a multiple of a page. */
export function alignUp(address: number, page: number): number {
  return Math.ceil(address / page) * page;
}
