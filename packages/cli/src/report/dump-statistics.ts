import { statSync } from "node:fs";
import type { Dumped } from "@restage/core";
import { encodeEntries } from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";
import { writeOwnFile } from "../own-file.ts";

/** Writes CRIU's stats-dump, for programs that read it. Times are in microseconds. Returns a line for people. */
export function writeStatistics(path: string, images: string, { frozen }: Dumped): string {
  const frozen_time = Math.round(1000 * frozen);
  const pages = BigInt(Math.floor(sizeOfPages(images) / PAGE_SIZE));
  const dump = {
    freezing_time: 0,
    frozen_time,
    memdump_time: frozen_time,
    memwrite_time: 0,
    pages_scanned: pages,
    pages_skipped_parent: 0n,
    pages_written: pages,
    pages_lazy: 0n,
  };
  writeOwnFile(path, encodeEntries("stats", [{ value: { dump } }]));
  return `Frozen ${frozen_time} us, ${pages} pages written\n`;
}

function sizeOfPages(images: string): number {
  let sum = 0;
  for (let index = 1; ; index++) {
    const size = statSync(`${images}/pages-${index}.img`, { throwIfNoEntry: false })?.size;
    if (size === undefined) return sum;
    sum += size;
  }
}
