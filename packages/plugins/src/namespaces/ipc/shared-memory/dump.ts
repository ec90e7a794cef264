import type { DumpContext, Host } from "@restage/core";
import { AT_FDCWD, O, PAGE_SIZE, SHM } from "@restage/linux/abi";
import { saveSharedMemory } from "../../../memory/save-shared-memory.ts";
import { idsInside } from "../../user/ids-inside.ts";
import { descriptionOf, readObjects } from "../objects.ts";

/**
 * Saves System V shared memory with its content.
 *
 * @param only ids of the segments to save; without it, all of the namespace are saved, attached or not.
 */
export function saveSegments(context: DumpContext, namespace: number, only?: ReadonlySet<number>): void {
  const { host, images } = context;
  for (const object of readObjects(host, "shm")) {
    if (only?.has(Number(object.get("shmid"))) === false) continue;
    const desc = descriptionOf(object, "shm", idsInside(context));
    const size = Number(object.get("size"));
    const start = host.call.shmat(desc.id, 0, SHM.RDONLY).result;
    try {
      const memory = host.call.openat(AT_FDCWD, fileOfMapping(host, start, size), O.RDONLY | O.CLOEXEC, 0).result;
      const flags = saveSharedMemory(context, desc.id, memory, size, SHM.HUGETLB);
      images.add("ipcns_shm", namespace, { value: { desc, size: BigInt(size), in_pagemaps: true, ...flags } });
      host.call.close(memory);
    } finally {
      host.call.shmdt(start);
    }
  }
}

/** The file that this process has mapped. A mapping of huge pages ends at the end of a huge page. */
function fileOfMapping(host: Host, start: number, size: number): string {
  const directory = "/proc/self/map_files";
  const beginning = `${start.toString(16)}-`;
  const path = `${directory}/${beginning}${(start + Math.ceil(size / PAGE_SIZE) * PAGE_SIZE).toString(16)}`;
  if (host.inode(path, false) !== undefined) return path;
  const name = host.list(directory)?.find((name) => name.startsWith(beginning));
  return name === undefined ? path : `${directory}/${name}`;
}
