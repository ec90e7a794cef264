import { data, type Task } from "@restage/core";
import type { Entry } from "@restage/images";
import { argument, chooseId, creationFlags, IPC, permissions } from "../permissions.ts";

/** A command of semctl(2): all values of a set. Source: include/uapi/linux/sem.h. */
const SETALL = 17;

/** Size of struct semid64_ds on x86_64. Source: arch/x86/include/uapi/asm/sembuf.h. */
const SEMID_DS = 104;

/** System V semaphores with their values. */
export function makeSemaphores(root: Task, sets: readonly Entry<"ipcns_sem">[]): void {
  for (const { value, extra } of sets) {
    const { desc, nsems } = value;
    chooseId(root, "sem", desc);
    root.call.semget(desc.key, nsems, creationFlags(desc)).expect(desc.id);
    const values = Uint16Array.from(extra?.values ?? []);
    if (values.length > 0) root.call.semctl(desc.id, 0, SETALL, data(new Uint8Array(values.buffer)));
    root.call.semctl(desc.id, 0, IPC.SET, argument(permissions(desc, SEMID_DS)));
  }
}
