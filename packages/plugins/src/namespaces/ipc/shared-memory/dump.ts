import type { DumpContext } from "@restage/core";
import { AT_FDCWD, O, PAGE_SIZE, SHM } from "@restage/linux/abi";
import { saveSharedPages } from "../../../memory/save-shared-pages.ts";
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
    images.add("ipcns_shm", namespace, { value: { desc, size: BigInt(size), in_pagemaps: true } });
    const start = host.call.shmat(desc.id, 0, SHM.RDONLY).result;
    try {
      const end = start + Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
      const path = `/proc/self/map_files/${start.toString(16)}-${end.toString(16)}`;
      const memory = host.call.openat(AT_FDCWD, path, O.RDONLY | O.CLOEXEC, 0).result;
      saveSharedPages(context, desc.id, memory, size);
      host.call.close(memory);
    } finally {
      host.call.shmdt(start);
    }
  }
}
