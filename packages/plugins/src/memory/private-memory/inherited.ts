import type { Task } from "@restage/core";
import type { PageRun, VmaEntry } from "@restage/images";
import { MADV, MAP, PAGE_SIZE } from "@restage/linux/abi";
import { encodeAdvice, isFile, kindOf } from "../mappings/format.ts";

/** Advice that keeps the kernel from passing a mapping on to a child unchanged. */
const NOT_PASSED_ON = encodeAdvice([MADV.DONTFORK, MADV.WIPEONFORK]);

/**
 * The mappings that a task inherits from the task that forked it, because that has them too, alone or as parts of larger ones. Their pages stay shared
 * (copy on write) where the contents are equal.
 */
export function inheritedVmas(task: Task): ReadonlySet<VmaEntry> {
  const { forker } = task;
  if (forker?.survives !== true || forker.mm.exe_file_id !== task.mm.exe_file_id) return new Set();
  const guards = [...guardsOf(task), ...guardsOf(forker)];
  const theirs = forker.mm.vmas.filter(isPassedOn);
  let next = 0;
  return new Set(
    // Both are in ascending order.
    task.mm.vmas.filter((vma) => {
      while (next < theirs.length && (theirs[next] as VmaEntry).end <= vma.start) next++;
      const other = theirs[next];
      if (other === undefined || !isPassedOn(vma) || !isPartOf(vma, other)) return false;
      // Guard regions are inherited too, and the two tasks may have different ones.
      return !overlaps(vma, guards);
    }),
  );
}

/** The guard regions of a task, which are within other mappings. */
export function guardsOf(task: Task): readonly VmaEntry[] {
  return task.mm.vmas.filter((vma) => kindOf(vma) === "guard");
}

/** Whether a mapping has addresses in common with one of these, such as guard regions. */
export function overlaps({ start, end }: Range, others: readonly VmaEntry[]): boolean {
  return others.some((other) => other.start < end && start < other.end);
}

/** Whether a child gets a mapping from its parent by fork, unchanged. */
export function isPassedOn(vma: VmaEntry): boolean {
  const flags = MAP.LOCKED | MAP.HUGETLB;
  return kindOf(vma) === "private" && (vma.flags & flags) === 0 && ((vma.madv ?? 0n) & NOT_PASSED_ON) === 0n;
}

/** Whether two mappings are the same. */
export function isAlike(a: VmaEntry, b: VmaEntry): boolean {
  return a.start === b.start && a.end === b.end && isPartOf(a, b);
}

/** Whether a mapping is a part of another, with the same properties. */
function isPartOf(part: VmaEntry, whole: VmaEntry): boolean {
  if (part.start < whole.start || part.end > whole.end) return false;
  const same = part.prot === whole.prot && part.flags === whole.flags && (part.madv ?? 0n) === (whole.madv ?? 0n);
  if (!same || isFile(part) !== isFile(whole)) return false;
  return !isFile(part) || (part.shmid === whole.shmid && part.pgoff - whole.pgoff === part.start - whole.start);
}

/** A range of addresses [start, end). */
export interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

/** The pages of a mapping that one task has content for and the other does not. Both lists are in ascending order. */
export function pagesOnlyIn(theirs: readonly PageRun[], own: readonly PageRun[], within: Range): readonly Range[] {
  const gaps: Range[] = [];
  let next = 0;
  for (const run of theirs) {
    const runEnd = endOf(run);
    if (runEnd <= within.start) continue;
    if (run.address >= within.end) break;
    let at = run.address > within.start ? run.address : within.start;
    const end = runEnd < within.end ? runEnd : within.end;
    while (next < own.length && endOf(own[next] as PageRun) <= at) next++;
    for (let n = next; n < own.length && at < end; n++) {
      const mine = own[n] as PageRun;
      if (mine.address >= end) break;
      if (mine.address > at) gaps.push({ start: at, end: mine.address });
      at = endOf(mine);
    }
    if (at < end) gaps.push({ start: at, end });
  }
  return gaps;
}

function endOf(run: PageRun): bigint {
  return run.address + BigInt(run.pages * PAGE_SIZE);
}
