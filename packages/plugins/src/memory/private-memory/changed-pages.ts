import type { Task } from "@restage/core";
import { type PageRun, readPageBytes, type VmaEntry } from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";
import { contentOf } from "./content.ts";

/** The number of bytes that are compared at a time. */
const PART = 256 * PAGE_SIZE;

/** The pages of inherited mappings whose content differs from that of the task that forked it. */
export function changedPages(
  task: Task,
  vmas: readonly VmaEntry[],
  own: readonly PageRun[],
  theirs: readonly PageRun[],
): readonly PageRun[] {
  const changed: PageRun[] = [];
  for (const { run } of contentOf(task, vmas, own)) {
    for (let at = 0; at < run.pages * PAGE_SIZE; at += PART) {
      const length = Math.min(PART, run.pages * PAGE_SIZE - at);
      const address = run.address + BigInt(at);
      const mine = readPageBytes(own, address, length);
      const other = readPageBytes(theirs, address, length);
      for (let page = 0; page < length; page += PAGE_SIZE) {
        // The forker can lack pages of the part.
        const its = other?.subarray(page, page + PAGE_SIZE) ?? readPageBytes(theirs, address + BigInt(page), PAGE_SIZE);
        const isEqual = its !== undefined && mine !== undefined && isSame(mine, page, its);
        if (!isEqual) append(changed, pageOf(run, at + page));
      }
    }
  }
  return changed;
}

function isSame(mine: Uint8Array, at: number, other: Uint8Array): boolean {
  return Buffer.compare(mine.subarray(at, at + PAGE_SIZE), other) === 0;
}

function pageOf(run: PageRun, at: number): PageRun {
  const offset = run.offset === undefined ? undefined : run.offset + at;
  return { ...run, address: run.address + BigInt(at), pages: 1, offset };
}

/** Joins a page with the run before it. */
function append(runs: PageRun[], page: PageRun): void {
  const last = runs.at(-1);
  const isNext = last !== undefined && last.address + BigInt(last.pages * PAGE_SIZE) === page.address;
  if (isNext && last.pagesFile === page.pagesFile && (last.offset ?? 0) + last.pages * PAGE_SIZE === page.offset)
    runs[runs.length - 1] = { ...last, pages: last.pages + 1 };
  else runs.push(page);
}
