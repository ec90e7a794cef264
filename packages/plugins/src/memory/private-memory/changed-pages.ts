import type { Task } from "@restage/core";
import { type PageRun, readPageBytes, type VmaEntry } from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";
import { contentOf, joinRuns, partOf } from "./content.ts";

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
        if (!isEqual) append(changed, partOf(run, address + BigInt(page), 1));
      }
    }
  }
  return changed;
}

function isSame(mine: Uint8Array, at: number, other: Uint8Array): boolean {
  return Buffer.compare(mine.subarray(at, at + PAGE_SIZE), other) === 0;
}

/** Joins a page with the run before it. */
function append(runs: PageRun[], page: PageRun): void {
  const last = runs.at(-1);
  const joined = last && joinRuns(last, page);
  if (joined === undefined) runs.push(page);
  else runs[runs.length - 1] = joined;
}
