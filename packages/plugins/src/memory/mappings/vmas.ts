import type { NewFinding, Plan, Task } from "@restage/core";
import { type VmaEntry, vmaStatus } from "@restage/images";
import { PROT, TASK_SIZE } from "@restage/linux/abi";

/** What a mapping is, by CRIU's status bits. */
export type MappingKind =
  | "private"
  | "shared"
  | "sysvipc"
  | "aio"
  | "guard"
  | "vdso"
  | "vvar"
  | "vsyscall"
  | "socket"
  | "unsupported";

/** Kinds of mappings that are not restored yet, by the status bit that marks them. */
const UNSUPPORTED: readonly (readonly [number, string])[] = [
  [vmaStatus.VMA_AREA_SHSTK, "shadow stack"],
  [vmaStatus.VMA_AREA_UPROBES, "mapping of uprobes"],
  [vmaStatus.VMA_EXT_PLUGIN, "mapping that a CRIU plugin restores"],
];

const UNSUPPORTED_BITS = UNSUPPORTED.reduce((bits, [bit]) => bits | bit, 0);

export function has(vma: VmaEntry, status: number): boolean {
  return (vma.status & status) !== 0;
}

export function kindOf(vma: VmaEntry): MappingKind {
  if (has(vma, vmaStatus.VMA_AREA_VSYSCALL)) return "vsyscall";
  if (has(vma, vmaStatus.VMA_AREA_VDSO)) return "vdso";
  if (has(vma, vmaStatus.VMA_AREA_VVAR)) return "vvar";
  if (has(vma, vmaStatus.VMA_AREA_GUARD)) return "guard";
  if (has(vma, vmaStatus.VMA_AREA_SOCKET)) return "socket";
  if (has(vma, UNSUPPORTED_BITS)) return "unsupported";
  if (has(vma, vmaStatus.VMA_AREA_AIORING)) return "aio";
  if (has(vma, vmaStatus.VMA_FILE_PRIVATE | vmaStatus.VMA_ANON_PRIVATE)) return "private";
  if (has(vma, vmaStatus.VMA_AREA_SYSVIPC)) return "sysvipc";
  return has(vma, vmaStatus.VMA_FILE_SHARED | vmaStatus.VMA_ANON_SHARED) ? "shared" : "unsupported";
}

export function isFile(vma: VmaEntry): boolean {
  return has(vma, vmaStatus.VMA_FILE_PRIVATE);
}

/** `0x7f...-0x7f... rw-`, as in /proc/PID/maps. */
export function printVma(vma: VmaEntry): string {
  const bit = (flag: number, letter: string) => ((vma.prot & flag) === 0 ? "-" : letter);
  const prot = `${bit(PROT.READ, "r")}${bit(PROT.WRITE, "w")}${bit(PROT.EXEC, "x")}`;
  return `${vma.start.toString(16)}-${vma.end.toString(16)} ${prot}`;
}

/** Gives advice. Bit n of `madv` is madvise(n). */
export function advise(task: Task, vma: VmaEntry): void {
  for (let rest = vma.madv ?? 0n, advice = 0; rest !== 0n; rest >>= 1n, advice++) {
    if ((rest & 1n) !== 0n) task.call.madvise(vma.start, vma.end - vma.start, advice);
  }
}

/** Refuses mappings that are not restored yet, and those that cannot be. */
export function checkVmas(plan: Plan, task: Task): void {
  const refuse = (vma: VmaEntry, finding: Pick<NewFinding, "why" | "hint">) =>
    plan.refuse({ what: `mapping ${printVma(vma)}`, pid: task.pid, ...finding });
  let end = 0n;
  for (const vma of task.mm.vmas) {
    if (vma.start >= vma.end || vma.start % 4096n !== 0n || vma.end % 4096n !== 0n) {
      refuse(vma, { why: "it is no range of whole pages: mm image is damaged" });
    } else if (vma.start < end && !has(vma, vmaStatus.VMA_AREA_GUARD)) {
      refuse(vma, { why: "it overlaps the one before: mm image is damaged" });
    }
    end = vma.end;
    if (vma.end > TASK_SIZE && kindOf(vma) !== "vsyscall") {
      refuse(vma, { why: "it lies above the 47 bits of addresses that are restored" });
    }
    if (kindOf(vma) !== "unsupported") continue;
    const found = UNSUPPORTED.find(([status]) => has(vma, status));
    const name = found?.[1] ?? `mapping of status 0x${vma.status.toString(16)}`;
    refuse(vma, { why: `${name} is not restored yet` });
  }
}
