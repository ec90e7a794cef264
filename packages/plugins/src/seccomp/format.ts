import type { SeccompFilter } from "@restage/images";
import type { AttachedFilter } from "@restage/linux";

/**
 * Chains of filters in seccomp.img. A thread names its oldest filter by index; `prev` of each leads to the next newer one.
 *
 * Appends a chain, newest first as the kernel lists it, and returns the index that the thread names.
 */
export function appendChain(all: SeccompFilter[], newestFirst: readonly AttachedFilter[]): number {
  newestFirst.forEach(({ instructions, flags }, index) => {
    all.push({ filter: instructions, flags, ...(index === 0 ? {} : { prev: all.length - 1 }) });
  });
  return all.length - 1;
}

/** The filters of a thread in the order in which they are installed: oldest first. `brokenAt` is an index that leads nowhere, or in a circle. */
export function readChain(
  all: readonly SeccompFilter[],
  oldest: number | undefined,
): { readonly filters: readonly SeccompFilter[]; readonly brokenAt?: number } {
  const filters: SeccompFilter[] = [];
  for (let index = oldest; index !== undefined; index = all[index]?.prev) {
    const filter = all[index];
    if (filter === undefined || filters.includes(filter)) return { filters, brokenAt: index };
    filters.push(filter);
  }
  return { filters };
}
