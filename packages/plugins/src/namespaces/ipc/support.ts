import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "IPC namespaces",
    saved: "System V shared memory, semaphores and message queues, with ids, content and owners; sysctls",
    lost: "POSIX message queues that no task has open",
    restored: "the same, with removed and locked segments",
    refused: {
      dump: "open POSIX message queues",
    },
    kernel: "CONFIG_CHECKPOINT_RESTORE",
    shownBy: {
      saved: ["fixture shm", "case ipc-objects"],
      restored: ["fixture shm", "fixture namespaces", "case ipc-objects"],
    },
  },
];
