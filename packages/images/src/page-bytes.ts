/**
 * Reading single values from the memory in images.
 *
 * @module
 */
import type { PageRun } from "./page-runs.ts";

export const PAGE_SIZE = 4096;

/** Reads bytes of memory from the pages images. Returns undefined if the images do not hold all of them. */
export function readPageBytes(runs: readonly PageRun[], address: bigint, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const at = address + BigInt(done);
    const run = runs.find((run) => run.address <= at && at < run.address + BigInt(run.pages * PAGE_SIZE));
    if (run?.offset === undefined) return undefined;
    const into = Number(at - run.address);
    const part = Math.min(length - done, run.pages * PAGE_SIZE - into);
    const found = run.source.readPart(run.pagesFile, run.offset + into, part);
    if (found?.length !== part) return undefined;
    bytes.set(found, done);
    done += part;
  }
  return bytes;
}
