/** An address range [start, end). */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

/** Below it are programs that are linked to fixed addresses, and their heaps. */
const LOWEST = 0x100_0000_0000;
/** Above it the kernel puts the stack and the vdso of a new program. */
const HIGHEST = 0x7e00_0000_0000;
/** The size of a huge page. */
const ALIGNMENT = 0x20_0000;

/** Finds `length` bytes of addresses outside all `occupied` ranges: a multiple of 2 MiB. Throws a RangeError when there are none. */
export function findFreeAddress(occupied: readonly AddressRange[], length: number): number {
  let start = LOWEST;
  for (const range of [...occupied].sort((a, b) => a.start - b.start)) {
    if (range.end <= start) continue;
    if (range.start >= start + length) break;
    start = Math.ceil(range.end / ALIGNMENT) * ALIGNMENT;
  }
  if (start + length > HIGHEST) throw new RangeError(`Cannot find ${length} bytes of free address space`);
  return start;
}
