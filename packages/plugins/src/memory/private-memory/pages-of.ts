import type { Mapping } from "@restage/core";
import type { AddressRange, FoundPages, ScannedPages } from "@restage/linux";

/** The pages of a mapping. */
export interface PagesOfMapping extends FoundPages {
  readonly mapping: Mapping;
  readonly range: AddressRange;
}

/** The longest gap between mappings that are scanned together. Old kernels have an entry for each page of it. */
const MOST_GAP = 2 * 1024 * 1024;

/** Finds the pages of mappings, in address order. A scan covers several of them, because the tree is stopped meanwhile. */
export function* pagesOf(mappings: readonly Mapping[], scan: ScannedPages): Generator<PagesOfMapping> {
  let first = 0;
  while (first < mappings.length) {
    let end = endOf(mappings[first]);
    let next = first + 1;
    for (; next < mappings.length && startOf(mappings[next]) - end <= MOST_GAP; next++) end = endOf(mappings[next]);
    const found = scan.find(startOf(mappings[first]), end);
    const [own, guards] = [new Runs(found.own), new Runs(found.guards)];
    for (const mapping of mappings.slice(first, next)) {
      const range = { start: startOf(mapping), end: endOf(mapping) };
      yield { mapping, range, own: own.within(range), guards: guards.within(range) };
    }
    first = next;
  }
}

function startOf(mapping: Mapping | undefined): number {
  return Number(mapping?.start);
}
function endOf(mapping: Mapping | undefined): number {
  return Number(mapping?.end);
}

/** Runs of pages in address order, taken range by range. */
class Runs {
  readonly #runs: readonly AddressRange[];
  #next = 0;

  constructor(runs: readonly AddressRange[]) {
    this.#runs = runs;
  }

  /** The parts in a range, which lies above those before. */
  within({ start, end }: AddressRange): readonly AddressRange[] {
    const parts: AddressRange[] = [];
    for (; this.#next < this.#runs.length; this.#next++) {
      const run = this.#runs[this.#next] as AddressRange;
      if (run.start >= end) break;
      if (run.end > start) parts.push({ start: Math.max(run.start, start), end: Math.min(run.end, end) });
      // The rest of it belongs to the next mapping.
      if (run.end > end) break;
    }
    return parts;
  }
}
