import type { VmaEntry } from "@restage/images";
import { HUGETLB_FLAG_ENCODE, MAP } from "@restage/linux/abi";

/** The bits of the flags that hold the size. */
export const HUGE_PAGE_SIZE: number = (HUGETLB_FLAG_ENCODE.MASK << HUGETLB_FLAG_ENCODE.SHIFT) >>> 0;
const DEFAULT_SIZE = 21;

/** What a call that wants huge pages may fail for. */
export const HUGE_PAGES_HINT =
  "huge pages are reserved with /proc/sys/vm/nr_hugepages, or /sys/kernel/mm/hugepages/ for other sizes";

/** Bytes of a huge page. All three calls have MAP_HUGETLB's encoding. */
export function hugePageSize(flags: number): number {
  const power = (flags >>> HUGETLB_FLAG_ENCODE.SHIFT) & HUGETLB_FLAG_ENCODE.MASK;
  return 2 ** (power === 0 ? DEFAULT_SIZE : power);
}

/** The bits of the flags for huge pages of a size in bytes. */
export function encodeHugePageSize(bytes: number): number {
  return (Math.log2(bytes) << HUGETLB_FLAG_ENCODE.SHIFT) >>> 0;
}

export function hasHugePages(vma: VmaEntry): boolean {
  return (vma.flags & MAP.HUGETLB) !== 0;
}

/** The next address that is a multiple of a page. */
export function alignUp(address: number, page: number): number {
  return Math.ceil(address / page) * page;
}
