import type { Task } from "@restage/core";
import { type IpcVarEntry, ipcSysctls } from "@restage/images";

type Variable = number | bigint | undefined;

/** What a new namespace begins with. Source: ipc/namespace.c, include/uapi/linux/{sem,msg,shm}.h, include/linux/ipc_namespace.h. */
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

/** Sets the sysctls that are not as in every new namespace. */
export function setVariables(root: Task, entry: IpcVarEntry): void {
  for (const [name, path] of Object.entries(ipcSysctls)) {
    const field = name as keyof typeof ipcSysctls;
    const values: readonly Variable[] = [entry[field]].flat();
    const text = values.join("\t");
    if (values.includes(undefined) || text === INITIAL[field].join("\t")) continue;
    root.writeFile(`/proc/sys/${path}`, `${text}\n`);
  }
}
