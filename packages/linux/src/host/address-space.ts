/** An address range [start, end). */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

const LOWEST = 0x100_0000_0000;
const HIGHEST = 0x7e00_0000_0000;
const ALIGNMENT = 0x20_0000;

/**
 * Finds `length` bytes of addresses outside all `occupied` ranges, and below those where the kernel puts the stack and the vdso of a new
 * program. Throws a RangeError when there are none.
 */
export function findFreeAddress(occupied: readonly AddressRange[], length: number): number {
  let start = LOWEST;
  for (const range of [...occupied].sort((a, b) => a.start - b.start)) {
    if (range.end <= start) continue;
    if (range.start >= start + length) break;
    start = Math.ceil(range.end / ALIGNMENT) * ALIGNMENT;
  }
  if (start + length > HIGHEST)
    throw new RangeError(`Cannot find ${length} bytes of address space for the restorer area`);
  return start;
}
