import type { Plan, Task } from "@restage/core";
import type { VmaEntry } from "@restage/images";
import { vmaStatus } from "@restage/images";
import { PAGE_SIZE, TASK_SIZE } from "@restage/linux/abi";
import { has, kindOf, nameOfUnsupported, printVma } from "./format.ts";

const PAGE = BigInt(PAGE_SIZE);

/** More mappings than a task has of the restore, beside its own: the restorer area, the vdso before it is moved, memory for arguments. */
const OF_RESTORE = 16;

/** Refuses mappings that are damaged, and those that are not restored yet. */
export function checkMappings(plan: Plan, task: Task): void {
  const refuse = (vma: VmaEntry, why: string) => plan.refuse({ what: `mapping ${printVma(vma)}`, pid: task.pid, why });
  const limit = Number(plan.host.readText("/proc/sys/vm/max_map_count") ?? Number.POSITIVE_INFINITY);
  const { length } = task.mm.vmas;
  if (length + OF_RESTORE > limit) {
    const why = `it has ${length} mappings, and vm.max_map_count, with ${OF_RESTORE} kept for the restore, allows ${limit - OF_RESTORE}`;
    plan.refuse({ what: task.name, why, hint: `sysctl vm.max_map_count=${2 * length}`, pid: task.pid });
  }
  let end = 0n;
  for (const vma of task.mm.vmas) {
    if (vma.start >= vma.end || vma.start % PAGE !== 0n || vma.end % PAGE !== 0n) {
      refuse(vma, "it is not a range of whole pages: the mm image is damaged");
    } else if (vma.start < end && !has(vma, vmaStatus.VMA_AREA_GUARD)) {
      refuse(vma, "it overlaps the one before: the mm image is damaged");
    }
    end = vma.end;
    if (vma.end > TASK_SIZE && kindOf(vma) !== "vsyscall") {
      refuse(vma, "it lies above 47-bit addresses, which is not restored yet");
    }
    if (kindOf(vma) === "unsupported") refuse(vma, `${nameOfUnsupported(vma)} is not restored yet`);
  }
}
