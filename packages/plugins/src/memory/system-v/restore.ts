import { definePlugin, type Plan, type Plugin, type Task } from "@restage/core";
import type { VmaEntry } from "@restage/images";
import { PAGE_SIZE, PROT, SHM } from "@restage/linux/abi";
import { namespaceId } from "../../namespaces/own-namespaces.ts";
import { hugePageSize } from "../huge-pages.ts";
import { advise } from "../mappings/advise.ts";
import { kindOf, printVma } from "../mappings/format.ts";

/** One attachment of a segment. Parts of it may have been unmapped since. */
interface Attachment {
  readonly id: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly vmas: VmaEntry[];
}

/**
 * Mappings of System V shared memory, which the root task has made. Each task attaches them after its private memory: in FORKING if it has children,
 * otherwise in RESTORE.
 */
export function systemVMappings(): Plugin {
  return definePlugin({
    name: "system-v-mappings",
    duty: "system-v-mappings",
    needs: ["private-memory", "ipc-namespace"],
    stages: {
      FORKING: "tasks with children attach System V shared memory",
      RESTORE: "all other tasks attach System V shared memory",
    },
    apply({ plan, stages }) {
      let sizes: ReadonlyMap<number, bigint> = new Map();
      plan.tap("system-v-mappings", (plan) => {
        sizes = sizesOf(plan);
        for (const task of plan.survivors) checkAttachments(plan, task, sizes);
      });
      stages.FORKING.task.tap("system-v-mappings", (task) => {
        if (task.survives && task.forks.length > 0) attach(task, sizes);
      });
      stages.RESTORE.task.tap("system-v-mappings", (task) => {
        if (task.survives && task.forks.length === 0) attach(task, sizes);
      });
    },
  });
}

/** Attaches whole segments, unmaps the parts that were unmapped, and sets the protections that were changed. */
function attach(task: Task, sizes: ReadonlyMap<number, bigint>): void {
  for (const { id, start, end, vmas } of attachmentsOf(task, sizes)) {
    const prot = vmas.reduce((all, vma) => all | vma.prot, 0);
    const flags = ((prot & PROT.WRITE) === 0 ? SHM.RDONLY : 0) | ((prot & PROT.EXEC) === 0 ? 0 : SHM.EXEC);
    task.call.shmat(id, start, flags).expect(start);
    let at = start;
    for (const vma of vmas) {
      if (vma.start > at) task.call.munmap(at, vma.start - at);
      if (vma.prot !== prot) task.call.mprotect(vma.start, vma.end - vma.start, vma.prot);
      advise(task, vma);
      at = vma.end;
    }
    if (at < end) task.call.munmap(at, end - at);
  }
}

function attachmentsOf(task: Task, sizes: ReadonlyMap<number, bigint>): readonly Attachment[] {
  const attachments = new Map<string, Attachment>();
  for (const vma of task.mm.vmas) {
    if (kindOf(vma) !== "sysvipc") continue;
    const start = vma.start - vma.pgoff;
    const key = `${vma.shmid} ${start}`;
    const known = attachments.get(key);
    if (known !== undefined) known.vmas.push(vma);
    else
      attachments.set(key, {
        id: Number(vma.shmid),
        start,
        end: start + (sizes.get(Number(vma.shmid)) ?? 0n),
        vmas: [vma],
      });
  }
  return [...attachments.values()];
}

/** The sizes of the segments in bytes, rounded up to whole pages, by id. */
function sizesOf(plan: Plan): ReadonlyMap<number, bigint> {
  const { images, tree, options } = plan;
  if (options.joinNamespaces.ipc !== undefined) return new Map();
  const segments = images.values("ipcns_shm", namespaceId(tree.root, "ipc") ?? 0);
  return new Map(
    segments.map(({ desc, size, hugetlb_flag = 0 }) => {
      const page = BigInt(hugetlb_flag === 0 ? PAGE_SIZE : hugePageSize(hugetlb_flag));
      return [desc.id, ((size + page - 1n) / page) * page];
    }),
  );
}

function checkAttachments(plan: Plan, task: Task, sizes: ReadonlyMap<number, bigint>): void {
  for (const { id, start, end, vmas } of attachmentsOf(task, sizes)) {
    const [first] = vmas;
    if (first === undefined) continue;
    const refuse = (why: string) => plan.refuse({ what: `mapping ${printVma(first)}`, why, pid: task.pid });
    if (!sizes.has(id))
      refuse(
        `System V shared memory ${id} is not restored: it belongs to a joined namespace, or the checkpoint does not have it`,
      );
    const other = task.mm.vmas.find((vma) => !vmas.includes(vma) && vma.start < end && start < vma.end);
    if (other !== undefined) refuse(`${printVma(other)} overlaps a part of the segment that was unmapped`);
  }
}
