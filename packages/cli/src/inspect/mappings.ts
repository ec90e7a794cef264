import type { ImageSet } from "@restage/core";
import { type PageRun, type VmaEntry, vmaStatus } from "@restage/images";
import { MAP, PAGE_SIZE } from "@restage/linux/abi";

/** Reads; what is damaged is noted, and replaced. */
export type Attempt = <T>(read: () => T, otherwise: T) => T;

/** A mapping of a task. */
export interface MappingSummary {
  /** Addresses in hexadecimal. */
  readonly start: string;
  readonly end: string;
  /** As in /proc/PID/maps: `rwx`, then shared or private. */
  readonly access: string;
  readonly bytes: number;
  /** How many of them have content in the checkpoint. */
  readonly saved: number;
  /** A path, or `[heap]` and the like. */
  readonly name: string;
}

export function mappingsOf(checkpoint: ImageSet, pid: number, attempt: Attempt): readonly MappingSummary[] {
  const runs = attempt(() => checkpoint.pagemap("pagemap", pid)?.runs, undefined) ?? [];
  return checkpoint.value("mm", pid).vmas.map((vma) => ({
    start: vma.start.toString(16),
    end: vma.end.toString(16),
    access: printAccess(vma),
    bytes: Number(vma.end - vma.start),
    saved: savedBytes(runs, vma),
    name: attempt(() => nameOf(checkpoint, vma), "?"),
  }));
}

function savedBytes(runs: readonly PageRun[], { start, end }: VmaEntry): number {
  let bytes = 0;
  for (let at = firstEndingAfter(runs, start); at < runs.length; at++) {
    const { address, pages } = runs[at]!;
    if (address >= end) break;
    const runEnd = address + BigInt(pages * PAGE_SIZE);
    bytes += Number((runEnd < end ? runEnd : end) - (address > start ? address : start));
  }
  return bytes;
}

/** A binary search: the runs are in ascending order. */
function firstEndingAfter(runs: readonly PageRun[], start: bigint): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { address, pages } = runs[middle]!;
    if (address + BigInt(pages * PAGE_SIZE) > start) high = middle;
    else low = middle + 1;
  }
  return low;
}

function printAccess({ prot, flags }: VmaEntry): string {
  const letters = ["r", "w", "x"].map((letter, bit) => ((prot & (1 << bit)) === 0 ? "-" : letter));
  return `${letters.join("")}${(flags & MAP.SHARED) === 0 ? "p" : "s"}`;
}

function nameOf(checkpoint: ImageSet, { shmid, status, flags }: VmaEntry): string {
  const { VMA_FILE_PRIVATE, VMA_FILE_SHARED } = vmaStatus;
  if ((status & (VMA_FILE_PRIVATE | VMA_FILE_SHARED)) !== 0)
    return checkpoint.file(Number(shmid), "a mapping").reg?.name ?? "";
  if ((flags & MAP.GROWSDOWN) !== 0) return "[stack]";
  const special = Object.entries(vmaStatus).find(([name, bit]) => isSpecial(name) && (status & bit) !== 0);
  return special === undefined ? "" : `[${special[0].slice("VMA_AREA_".length).toLowerCase()}]`;
}

function isSpecial(name: string): boolean {
  return name.startsWith("VMA_AREA_") && name !== "VMA_AREA_REGULAR";
}
