import type { Task } from "@restage/core";
import { type IpcVarEntry, ipcNextIds, ipcSysctls } from "@restage/images";

type Variable = number | bigint;

/** The sysctls of a new namespace. Source: ipc/namespace.c, include/uapi/linux/{sem,msg,shm}.h, include/linux/ipc_namespace.h. */
const UNLIMITED = 0xffff_ffff_ffff_ffffn - (1n << 24n);

const INITIAL: { readonly [field in keyof typeof ipcSysctls]: readonly Variable[] } = {
  sem_ctls: [32000, 1024000000, 500, 32000],
  msg_ctlmax: [8192],
  msg_ctlmnb: [16384],
  msg_ctlmni: [32000],
  auto_msgmni: [0],
  shm_ctlmax: [UNLIMITED],
  shm_ctlall: [UNLIMITED],
  shm_ctlmni: [4096],
  shm_rmid_forced: [0],
  mq_queues_max: [256],
  mq_msg_max: [10],
  mq_msgsize_max: [8192],
  mq_msg_default: [10],
  mq_msgsize_default: [8192],
};

/** Raises limits to their saved values, so that the objects of the checkpoint can be made. */
export function raiseVariables(root: Task, entry: IpcVarEntry): void {
  for (const { path, wanted, initial } of variablesOf(entry)) {
    if (path === SHM_RMID_FORCED) continue;
    const most = highest(wanted, initial);
    if (differ(most, initial)) write(root, path, most);
  }
}

/** Sets all other sysctls: limits that the objects of the checkpoint can exceed, and the one that removes unattached segments. */
export function setVariables(root: Task, entry: IpcVarEntry): void {
  for (const { path, wanted, initial } of variablesOf(entry)) {
    const before = path === SHM_RMID_FORCED ? initial : highest(wanted, initial);
    if (differ(wanted, before)) write(root, path, wanted);
  }
  // The restore has used these to choose the ids of objects.
  for (const [field, path] of Object.entries(ipcNextIds)) {
    const next = entry[field as keyof typeof ipcNextIds];
    if (next !== undefined) write(root, path, [next]);
  }
}

const SHM_RMID_FORCED = ipcSysctls.shm_rmid_forced;

function variablesOf(entry: IpcVarEntry) {
  return Object.entries(ipcSysctls).flatMap(([name, path]) => {
    const field = name as keyof typeof ipcSysctls;
    const wanted = [entry[field]].flat().filter((value): value is Variable => value !== undefined);
    return wanted.length === 0 ? [] : [{ path, wanted, initial: INITIAL[field] }];
  });
}

function highest(some: readonly Variable[], others: readonly Variable[]): readonly Variable[] {
  return some.map((value, index) => {
    const other = others[index] ?? value;
    return value > other ? value : other;
  });
}

function differ(some: readonly Variable[], others: readonly Variable[]): boolean {
  return some.join() !== others.join();
}

function write(root: Task, path: string, values: readonly Variable[]): void {
  root.writeFile(`/proc/sys/${path}`, `${values.join("\t")}\n`);
}
