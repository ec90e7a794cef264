import { data, type Task } from "@restage/core";
import type { Entry } from "@restage/images";
import { IPC, SEMID64_DS_SIZE, SETALL } from "@restage/linux/abi";
import { argument, chooseId, creationFlags, permissions } from "../permissions.ts";

/** Makes System V semaphores with their values. */
export function makeSemaphores(root: Task, sets: readonly Entry<"ipcns_sem">[]): void {
  for (const { value, extra } of sets) {
    const { desc, nsems } = value;
    chooseId(root, "sem", desc);
    root.call.semget(desc.key, nsems, creationFlags(desc)).expect(desc.id);
    const values = Uint16Array.from(extra?.values ?? []);
    if (values.length > 0) root.call.semctl(desc.id, 0, SETALL, data(new Uint8Array(values.buffer)));
    root.call.semctl(desc.id, 0, IPC.SET, argument(permissions(desc, SEMID64_DS_SIZE)));
  }
}
