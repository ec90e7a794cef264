import type { Task } from "@restage/core";
import type { PageRun, VmaEntry } from "@restage/images";
import { MADV, PAGE_SIZE } from "@restage/linux/abi";
import { hasHugePages } from "../huge-pages.ts";
import { decodeAdvice, isFile } from "../mappings/format.ts";
import type { Content } from "../page-content.ts";

/** Content, with the mapping that it is in. */
export interface VmaContent extends Content {
  readonly vma: VmaEntry;
}

/** Cuts runs at the borders of mappings, and leaves out those of other mappings (the vdso). Both are in ascending order. */
export function contentOf(task: Task, vmas: readonly VmaEntry[], runs: readonly PageRun[]): VmaContent[] {
  const content: VmaContent[] = [];
  let next = 0;
  for (const run of runs) {
    const end = run.address + BigInt(run.pages * PAGE_SIZE);
    while (next < vmas.length && (vmas[next] as VmaEntry).end <= run.address) next++;
    for (let n = next; n < vmas.length; n++) {
      const vma = vmas[n] as VmaEntry;
      if (vma.start >= end) break;
      const from = vma.start > run.address ? vma.start : run.address;
      const to = vma.end < end ? vma.end : end;
      const part = partOf(run, from, Number(to - from) / PAGE_SIZE);
      const last = content.at(-1);
      const joined = last?.vma === vma ? joinRuns(last.run, part) : undefined;
      if (joined === undefined) content.push({ vma, run: part, hugePages: mayBecomeHuge(vma, task) });
      else content[content.length - 1] = { vma, run: joined, hugePages: last?.hugePages ?? false };
    }
  }
  return content;
}

/** Pages of a run, from an address. */
export function partOf(run: PageRun, address: bigint, pages: number): PageRun {
  const offset = run.offset === undefined ? undefined : run.offset + Number(address - run.address);
  return { ...run, address, pages, offset };
}

/** Joins two runs that follow each other in memory and in the image: CRIU writes runs of at most 1 MiB. */
export function joinRuns(first: PageRun, second: PageRun): PageRun | undefined {
  const length = first.pages * PAGE_SIZE;
  const follows = first.address + BigInt(length) === second.address && (first.offset ?? 0) + length === second.offset;
  if (!follows || first.pagesFile !== second.pagesFile || first.source !== second.source) return undefined;
  return { ...first, pages: first.pages + second.pages };
}

/** Can it have transparent huge pages? */
function mayBecomeHuge(vma: VmaEntry, task: Task): boolean {
  if (isFile(vma) || hasHugePages(vma) || task.mm.thp_disabled === true) return false;
  return !decodeAdvice(vma).includes(MADV.NOHUGEPAGE);
}
