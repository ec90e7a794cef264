import type { ProgramTarget } from "@restage/core";
import type { VmaEntry } from "@restage/images";
import { decodeAdvice } from "./format.ts";

/** Gives the kernel the advice that a mapping had. */
export function advise(task: ProgramTarget, vma: VmaEntry): void {
  for (const advice of decodeAdvice(vma)) task.call.madvise(vma.start, vma.end - vma.start, advice);
}
