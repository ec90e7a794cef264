import type { DumpContext } from "@restage/core";
import { hugePagesOf, saveHugePages } from "./save-huge-pages.ts";
import { saveSharedPages } from "./save-shared-pages.ts";

/**
 * Saves the content of shared memory.
 *
 * @param number of the image.
 * @param memory descriptor of the file.
 * @param size in bytes.
 * @param flag asks the kernel for huge pages: MFD_HUGETLB or SHM_HUGETLB.
 * @returns the flags of its huge pages for the images: none if it has none.
 */
export function saveSharedMemory(
  context: DumpContext,
  number: number,
  memory: number,
  size: number,
  flag: number,
): { readonly hugetlb_flag?: number } {
  const hugePages = hugePagesOf(context.host, memory);
  if (hugePages === 0) {
    saveSharedPages(context, number, memory, size);
    return {};
  }
  saveHugePages(context, number, memory, size);
  return { hugetlb_flag: (flag | hugePages) >>> 0 };
}
