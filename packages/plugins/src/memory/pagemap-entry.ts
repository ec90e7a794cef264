import type { PagemapEntry } from "@restage/images";
import type { AddressRange } from "@restage/linux";
import { PAGE_SIZE } from "@restage/linux/abi";

/** A run of pages as images have it. */
export function pagemapEntry({ start, end }: AddressRange, flags: number): PagemapEntry {
  return { vaddr: BigInt(start), compat_nr_pages: 0, nr_pages: BigInt((end - start) / PAGE_SIZE), flags };
}
