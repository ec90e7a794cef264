/** The sysctl, below /proc/sys, for each field of an IPC namespace's entry. Source: CRIU criu/ipc_ns.c. */
export const ipcSysctls = {
  sem_ctls: "kernel/sem",
  msg_ctlmax: "kernel/msgmax",
  msg_ctlmnb: "kernel/msgmnb",
  msg_ctlmni: "kernel/msgmni",
  auto_msgmni: "kernel/auto_msgmni",
  shm_ctlmax: "kernel/shmmax",
  shm_ctlall: "kernel/shmall",
  shm_ctlmni: "kernel/shmmni",
  shm_rmid_forced: "kernel/shm_rmid_forced",
  mq_queues_max: "fs/mqueue/queues_max",
  mq_msg_max: "fs/mqueue/msg_max",
  mq_msgsize_max: "fs/mqueue/msgsize_max",
  mq_msg_default: "fs/mqueue/msg_default",
  mq_msgsize_default: "fs/mqueue/msgsize_default",
} as const;

/** The sysctls that choose the id of the next object of each kind. -1, which is not saved, lets the kernel choose. */
export const ipcNextIds = {
  msg_next_id: "kernel/msg_next_id",
  sem_next_id: "kernel/sem_next_id",
  shm_next_id: "kernel/shm_next_id",
} as const;
