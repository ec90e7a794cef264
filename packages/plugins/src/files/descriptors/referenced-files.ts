import type { Plan } from "@restage/core";
import { vmaStatus } from "@restage/images";
import { has } from "../../memory/mappings/format.ts";

/**
 * Ids of all files that a surviving task uses: descriptors, what is in flight between sockets, executable, directories, mappings. Others
 * in files.img are leftovers. A fifo is also the file that its path leads to.
 */
export function referencedFiles(plan: Plan): ReadonlySet<number> {
  const ids = new Set<number>();
  const addOpenFile = (id: number) => {
    ids.add(id);
    const fifo = plan.images.files.get(id)?.fifo;
    if (fifo?.regf_id !== undefined) ids.add(fifo.regf_id);
  };
  for (const { scm } of plan.images.values("sk_queues")) for (const { rights } of scm) rights.forEach(addOpenFile);
  for (const task of plan.survivors) {
    for (const { id } of task.descriptors) addOpenFile(id);
    ids.add(task.mm.exe_file_id);
    ids.add(task.fs.cwd_id);
    ids.add(task.fs.root_id);
    for (const vma of task.mm.vmas) {
      if (has(vma, vmaStatus.VMA_FILE_PRIVATE | vmaStatus.VMA_FILE_SHARED)) ids.add(Number(vma.shmid));
    }
  }
  return ids;
}
