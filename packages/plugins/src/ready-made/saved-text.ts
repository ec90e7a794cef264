import type { ImageSet, Task } from "@restage/core";
import { type PageRun, readPageBytes, type VmaEntry } from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";
import { kindOf } from "../memory/mappings/format.ts";
import { readPageRuns } from "../memory/page-content.ts";

/** Where a text is in the memory of a task. */
export interface FoundText {
  readonly address: bigint;
  /** Its number among the texts. */
  readonly index: number;
}

/** How much is read at once. */
const WINDOW = 4 * 1024 * 1024;

/**
 * Finds texts in the private memory that the images contain, in ascending order. Where several begin or overlap, the first and longest counts.
 *
 * Pages that the task never wrote to are not in the images: the text of an executable's own file, for example, is not found.
 */
export function findTexts(
  images: ImageSet,
  task: Task,
  texts: readonly Uint8Array[],
  isWanted: (vma: VmaEntry) => boolean,
): readonly FoundText[] {
  const runs = readPageRuns(images, task);
  const vmas = task.mm.vmas.filter((vma) => kindOf(vma) === "private" && isWanted(vma));
  return extentsOf(vmas, runs).flatMap((extent) => findInExtent(extent, runs, texts));
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

function findInExtent(extent: Extent, runs: readonly PageRun[], texts: readonly Uint8Array[]): readonly FoundText[] {
  const found: FoundText[] = [];
  // A text can begin in one window and end in the next.
  const overlap = Math.max(...texts.map(({ length }) => length)) - 1;
  for (let at = extent.start; at < extent.end; at += BigInt(WINDOW)) {
    const rest = Number(extent.end - at);
    const bytes = readPageBytes(runs, at, Math.min(WINDOW + overlap, rest));
    if (bytes === undefined) continue;
    const matches = texts.flatMap((text, index) => [...findInBytes(bytes, text, index)]);
    for (const { offset, index } of matches) {
      if (offset < WINDOW) found.push({ address: at + BigInt(offset), index });
    }
  }
  return withoutOverlaps(found, texts);
}

function* findInBytes(bytes: Uint8Array, text: Uint8Array, index: number) {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let offset = content.indexOf(text); offset >= 0; offset = content.indexOf(text, offset + 1))
    yield { offset, index };
}

function withoutOverlaps(found: readonly FoundText[], texts: readonly Uint8Array[]): readonly FoundText[] {
  const lengthOf = ({ index }: FoundText) => texts[index]?.length ?? 0;
  const sorted = [...found].sort((a, b) => Number(a.address - b.address) || lengthOf(b) - lengthOf(a));
  let free = 0n;
  return sorted.filter((each) => {
    if (each.address < free) return false;
    free = each.address + BigInt(lengthOf(each));
    return true;
  });
}
