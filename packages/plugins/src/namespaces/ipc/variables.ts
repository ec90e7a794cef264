import type { Task } from "@restage/core";
import type { IpcVarEntry } from "@restage/images";

type Variable = number | bigint | undefined;

/** What a new namespace begins with. Source: ipc/namespace.c, include/uapi/linux/{sem,msg,shm}.h, include/linux/ipc_namespace.h. */
const UNLIMITED = 0xffff_ffff_ffff_ffffn - (1n << 24n);

/** Sysctls of the namespace: path below /proc/sys, value, and what a new namespace has. */
function variablesOf(entry: IpcVarEntry): readonly (readonly [string, readonly Variable[], readonly Variable[]])[] {
  return [
    ["kernel/sem", entry.sem_ctls, [32000, 1024000000, 500, 32000]],
    ["kernel/msgmax", [entry.msg_ctlmax], [8192]],
    ["kernel/msgmnb", [entry.msg_ctlmnb], [16384]],
    ["kernel/msgmni", [entry.msg_ctlmni], [32000]],
    ["kernel/auto_msgmni", [entry.auto_msgmni], [0]],
    ["kernel/shmmax", [entry.shm_ctlmax], [UNLIMITED]],
    ["kernel/shmall", [entry.shm_ctlall], [UNLIMITED]],
    ["kernel/shmmni", [entry.shm_ctlmni], [4096]],
    ["kernel/shm_rmid_forced", [entry.shm_rmid_forced], [0]],
    ["fs/mqueue/queues_max", [entry.mq_queues_max], [256]],
    ["fs/mqueue/msg_max", [entry.mq_msg_max], [10]],
    ["fs/mqueue/msgsize_max", [entry.mq_msgsize_max], [8192]],
    ["fs/mqueue/msg_default", [entry.mq_msg_default], [10]],
    ["fs/mqueue/msgsize_default", [entry.mq_msgsize_default], [8192]],
  ];
}

/** Sets the sysctls that are not as in every new namespace. */
export function setVariables(root: Task, entry: IpcVarEntry): void {
  for (const [path, values, initial] of variablesOf(entry)) {
    const text = values.join("\t");
    if (values.includes(undefined) || text === initial.join("\t")) continue;
    root.writeFile(`/proc/sys/${path}`, `${text}\n`);
  }
}
