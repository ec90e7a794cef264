/** PAGEMAP_SCAN of /proc/PID/pagemap, from Linux 6.7. Source: include/uapi/linux/fs.h. */
export const PAGEMAP_SCAN = 0xc060_6610;

/** Categories of pages. Source: include/uapi/linux/fs.h. */
export const PAGE_IS = {
  WPALLOWED: 1,
  WRITTEN: 2,
  FILE: 4,
  PRESENT: 8,
  SWAPPED: 16,
  PFNZERO: 32,
  HUGE: 64,
  SOFT_DIRTY: 128,
  GUARD: 256,
} as const;

/** struct pm_scan_arg: offsets of its u64 fields. Source: include/uapi/linux/fs.h. */
export const PM_SCAN_ARG = {
  size: 0,
  flags: 8,
  start: 16,
  end: 24,
  walk_end: 32,
  vec: 40,
  vec_len: 48,
  max_pages: 56,
  category_inverted: 64,
  category_mask: 72,
  category_anyof_mask: 80,
  return_mask: 88,
  length: 96,
} as const;

/** struct page_region: start, end, categories, 8 bytes each. Source: include/uapi/linux/fs.h. */
export const PAGE_REGION_SIZE = 24;

/** Bits of an entry of /proc/PID/pagemap. Source: Documentation/admin-guide/mm/pagemap.rst. */
export const PM = {
  PRESENT: 1n << 63n,
  SWAP: 1n << 62n,
  /** A page of a file, or of shared anonymous memory. */
  FILE: 1n << 61n,
  PFN_MASK: (1n << 55n) - 1n,
} as const;
