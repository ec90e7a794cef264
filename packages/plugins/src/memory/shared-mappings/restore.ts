import { definePlugin, type Plan, type Plugin, type Task, type Value } from "@restage/core";
import { type VmaEntry, vmaStatus } from "@restage/images";
import { F_SEAL, MAP, O, PROT } from "@restage/linux/abi";
import { OpenFiles } from "../../files/open-files.ts";
import { advise } from "../mappings/advise.ts";
import { has, kindOf, printVma } from "../mappings/format.ts";
import { type Segment, Segments } from "../segments.ts";

/**
 * Shared mappings of files, memfds and shared anonymous memory. Each task maps its own after its private memory: in FORKING if it has children, otherwise
 * in RESTORE.
 */
export function sharedMappings(): Plugin {
  return definePlugin({
    name: "shared-mappings",
    duty: "shared-mappings",
    needs: ["private-memory"],
    uses: [OpenFiles, Segments],
    stages: {
      FORKING: "tasks with children map their shared memory",
      RESTORE: "all other tasks map their shared memory",
    },
    apply({ plan, stages, service }) {
      plan.tap("shared-mappings", (plan) => checkShared(plan, service(Segments).all));
      const map = (task: Task) => mapShared(task, service(Segments).all, service(OpenFiles));
      stages.FORKING.task.tap("shared-mappings", (task) => {
        if (task.survives && task.forks.length > 0) map(task);
      });
      stages.RESTORE.task.tap("shared-mappings", (task) => {
        if (task.survives && task.forks.length === 0) map(task);
      });
    },
  });
}

function mapShared(task: Task, segments: readonly Segment[], files: OpenFiles): void {
  const open = new Map<string, Value>();
  for (const vma of task.mm.vmas) {
    if (kindOf(vma) !== "shared") continue;
    const segment = segmentOf(vma, segments);
    const flags = (vma.flags & ~MAP.ANONYMOUS) | MAP.FIXED_NOREPLACE;
    let file: Value | undefined = segment?.shmid === undefined ? undefined : segment.number;
    if (file === undefined) {
      const access = accessOf(vma, segment);
      const key = `${vma.shmid} ${access}`;
      file = open.get(key) ?? files.open(task, Number(vma.shmid), access);
      open.set(key, file);
    }
    task.call.mmap(vma.start, vma.end - vma.start, vma.prot, flags, file, vma.pgoff).expect(vma.start);
    advise(task, vma);
  }
  for (const file of open.values()) task.call.close(file);
}

/** The access that the file was opened with limits later mprotect(2) calls. A memfd with a write seal must not be mapped writable. */
function accessOf(vma: VmaEntry, segment: Segment | undefined): number {
  if (((segment?.seals ?? 0) & F_SEAL.WRITE) !== 0) return O.RDONLY;
  const isWritable = (vma.prot & PROT.WRITE) !== 0;
  return (vma.fdflags ?? (isWritable ? O.RDWR : O.RDONLY)) & O.ACCMODE;
}

function segmentOf(vma: VmaEntry, segments: readonly Segment[]): Segment | undefined {
  if (has(vma, vmaStatus.VMA_ANON_SHARED)) return segments.find(({ shmid }) => shmid === vma.shmid);
  return segments.find(({ files }) => files.includes(Number(vma.shmid)));
}

function checkShared(plan: Plan, segments: readonly Segment[]): void {
  for (const task of plan.survivors) {
    for (const vma of task.mm.vmas) {
      if (kindOf(vma) !== "shared" || segmentOf(vma, segments) !== undefined) continue;
      const file = plan.images.file(Number(vma.shmid), `mm-${task.pid}.img`);
      if (file.reg !== undefined) continue;
      const why = "its file is neither a regular file nor a memfd";
      plan.refuse({ what: `mapping ${printVma(vma)}`, why, pid: task.pid });
    }
  }
}
