/**
 * Finding texts in the memory in images.
 *
 * @module
 */
import type { VmaEntry } from "./messages/mod.ts";
import { PAGE_SIZE, readPageBytes } from "./page-bytes.ts";
import type { PageRun } from "./page-runs.ts";

/** Where a text is in the memory of a task. */
export interface FoundText {
  readonly address: bigint;
  /** Its number among the texts. */
  readonly index: number;
}

/** What is written to memory or looked for in it: a text stands for its bytes in UTF-8. */
export function bytesOfContent(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? Buffer.from(content) : content;
}

/** How much is read at once. */
const WINDOW = 4 * 1024 * 1024;

/**
 * Finds texts in what the images contain of mappings, in ascending order. Where several begin or overlap, all are found.
 *
 * Pages that the task never wrote to are not in the images: the text of an executable's own file, for example, is not found.
 */
export function findTexts(
  vmas: readonly VmaEntry[],
  runs: readonly PageRun[],
  texts: readonly Uint8Array[],
): readonly FoundText[] {
  // A text can begin in one window and end in the next.
  const overlap = Math.max(0, ...texts.map(({ length }) => length - 1));
  const found: FoundText[] = [];
  for (const { address, bytes } of windowsOf(vmas, runs, overlap)) {
    for (const [index, text] of texts.entries())
      for (const offset of offsetsOf(bytes, text))
        if (offset < WINDOW) found.push({ address: address + BigInt(offset), index });
  }
  return found.sort((a, b) => Number(a.address - b.address));
}

/** Reads the content of mappings piece by piece; each piece has some bytes of the next one at its end. */
export function* windowsOf(
  vmas: readonly VmaEntry[],
  runs: readonly PageRun[],
  overlap = 0,
): Generator<{ readonly address: bigint; readonly bytes: Uint8Array }> {
  for (const extent of extentsOf(vmas, runs)) {
    for (let address = extent.start; address < extent.end; address += BigInt(WINDOW)) {
      const bytes = readPageBytes(runs, address, Math.min(WINDOW + overlap, Number(extent.end - address)));
      if (bytes !== undefined) yield { address, bytes };
    }
  }
}

/** Leaves out texts that overlap with one before them; of those that begin together, the longest stays. */
export function withoutOverlaps(found: readonly FoundText[], texts: readonly Uint8Array[]): readonly FoundText[] {
  const lengthOf = ({ index }: FoundText) => texts[index]?.length ?? 0;
  const sorted = [...found].sort((a, b) => Number(a.address - b.address) || lengthOf(b) - lengthOf(a));
  let free = 0n;
  return sorted.filter((each) => {
    if (each.address < free) return false;
    free = each.address + BigInt(lengthOf(each));
    return true;
  });
}

function* offsetsOf(bytes: Uint8Array, text: Uint8Array): Generator<number> {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let offset = content.indexOf(text); offset >= 0; offset = content.indexOf(text, offset + 1)) yield offset;
}

/** Consecutive addresses with content: [start, end). */
interface Extent {
  readonly start: bigint;
  readonly end: bigint;
}

/** The content of mappings, joined across their borders. Both lists are in ascending order. */
function extentsOf(vmas: readonly VmaEntry[], runs: readonly PageRun[]): readonly Extent[] {
  const extents: Extent[] = [];
  let next = 0;
  for (const vma of vmas) {
    while (next < runs.length && endOf(runs[next] as PageRun) <= vma.start) next++;
    for (let n = next; n < runs.length; n++) {
      const run = runs[n] as PageRun;
      if (run.address >= vma.end) break;
      const start = run.address > vma.start ? run.address : vma.start;
      const end = endOf(run) < vma.end ? endOf(run) : vma.end;
      const last = extents.at(-1);
      if (last?.end === start) extents[extents.length - 1] = { start: last.start, end };
      else extents.push({ start, end });
    }
  }
  return extents;
}

function endOf({ address, pages }: PageRun): bigint {
  return address + BigInt(pages * PAGE_SIZE);
}
