import type { Task } from "@restage/core";
import type { VmaEntry } from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";
import { isFile } from "../mappings/format.ts";
import { guardsOf, isAlike, isPassedOn, overlaps } from "./inherited.ts";

/** For smaller mappings the calls cost more than they save. */
const LEAST_SIZE = BigInt(16 * PAGE_SIZE);

/** A mapping, and the task whose content it gets. */
export interface Lent {
  readonly vma: VmaEntry;
  readonly lender: Task;
}

/**
 * Mappings that several children of a task have in common and the task itself no longer has, such as data of a server that its first process has freed.
 * The task gets them while it forks, so that its children share equal pages.
 */
export function lentBy(forker: Task): readonly Lent[] {
  const lent = known.get(forker) ?? findLent(forker);
  known.set(forker, lent);
  return lent;
}

const known = new WeakMap<Task, readonly Lent[]>();

function findLent(forker: Task): readonly Lent[] {
  const children = forker.forks.filter((child) => child.survives);
  if (!forker.survives || children.length < 2) return [];
  const lent: Lent[] = [];
  const once = new Map<bigint, Lent>();
  for (const lender of children) {
    const guards = guardsOf(lender);
    for (const vma of lender.mm.vmas) {
      if (!isPassedOn(vma) || isFile(vma) || vma.end - vma.start < LEAST_SIZE || overlaps(vma, guards)) continue;
      const first = once.get(vma.start);
      if (first === undefined) once.set(vma.start, { vma, lender });
      else if (isAlike(first.vma, vma) && !lent.includes(first)) lent.push(first);
    }
  }
  let end = 0n;
  return lent
    .sort((a, b) => (a.vma.start < b.vma.start ? -1 : 1))
    .filter(({ vma }) => {
      if (vma.start < end || overlaps(vma, forker.mm.vmas)) return false;
      end = vma.end;
      return true;
    });
}

/** The mappings that a task inherits although its parent no longer has them, with the tasks whose content they have. */
export function lentTo(task: Task): ReadonlyMap<VmaEntry, Task> {
  const found = new Map<VmaEntry, Task>();
  const lent = task.forker === undefined ? [] : lentBy(task.forker);
  if (lent.length === 0) return found;
  const byStart = new Map(lent.map((each) => [each.vma.start, each]));
  const guards = guardsOf(task);
  for (const vma of task.mm.vmas) {
    const each = byStart.get(vma.start);
    if (each !== undefined && isPassedOn(vma) && isAlike(each.vma, vma) && !overlaps(vma, guards))
      found.set(vma, each.lender);
  }
  return found;
}
