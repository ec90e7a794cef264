import { RestoreError } from "@restage/core";
import { imageFileName, openImageDirectory, type PageRun, readPagemap } from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";

/** All pages of a task in the checkpoint, in ascending order. */
export type RunsOf = (pid: number) => readonly PageRun[];

/** The pages in a directory of images, each pagemap read once. */
export function runsIn(directory: string): RunsOf {
  const images = openImageDirectory(directory);
  const known = new Map<number, readonly PageRun[]>();
  return (pid) => {
    const name = imageFileName("pagemap", pid);
    const runs = known.get(pid) ?? readPagemap(images, name)?.runs;
    if (runs === undefined)
      throw new RestoreError("ERR_IMAGE", `Cannot read ${name}: the checkpoint has no such image`);
    known.set(pid, runs);
    return runs;
  };
}

/** The run with an address. */
export function runAt(runs: readonly PageRun[], address: number): PageRun | undefined {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { address: start, pages } = runs[middle] as PageRun;
    if (Number(start) + pages * PAGE_SIZE <= address) low = middle + 1;
    else high = middle;
  }
  const run = runs[low];
  return run !== undefined && Number(run.address) <= address ? run : undefined;
}
