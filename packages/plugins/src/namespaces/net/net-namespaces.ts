import { defineService, type Service, type Task } from "@restage/core";
import type { FileEntry } from "@restage/images";

/** The network namespaces of the tree during a restore. Until RESTORE_SIGCHLD all tasks are in that of the root task. */
export interface NetNamespaces {
  /** Records calls of a task in a namespace, by CRIU's number for it; without that number, or for other namespaces, where the task is. */
  inside<T>(task: Task, id: number | undefined, record: () => T): T;
  /** The number of the namespace's descriptor in every task; undefined when it is not the tree's own. */
  descriptor(id: number): number | undefined;
}

export const NetNamespaces: Service<NetNamespaces> = defineService<NetNamespaces>("net-namespaces");

/** CRIU's number for the namespace of a socket or TUN link; undefined for other files. */
export function netNamespaceOf({ isk, usk, nlsk, psk, tunf }: FileEntry): number | undefined {
  return (isk ?? usk ?? nlsk ?? psk ?? tunf)?.ns_id;
}
