import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "IPC namespaces",
    saved:
      "System V shared memory, semaphores and message queues with ids, content and owners; sysctls. Undo lists of semaphores (SEM_UNDO) and POSIX message queues are lost",
    restored:
      "System V shared memory, also removed and locked segments, semaphores and message queues with ids, content and owners; sysctls",
    refused: { dump: "removed segments that are still attached" },
    kernel: "CONFIG_CHECKPOINT_RESTORE",
    shownBy: { saved: ["fixture shm"], restored: ["case ipc-objects", "fixture shm", "fixture namespaces"] },
  },
];
