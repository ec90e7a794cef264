import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "IPC namespace",
    restored:
      "System V shared memory, also removed and locked segments, semaphores and message queues with ids, content and owners; sysctls",
    refused: { restore: "what CRIU 4.2 does not save: undo lists, POSIX message queues" },
    kernel: "CONFIG_CHECKPOINT_RESTORE",
    shownBy: { restored: ["case ipc-objects", "fixture shm", "fixture namespaces"] },
  },
  {
    group: "namespaces",
    what: "IPC namespaces",
    saved: "System V objects with ids and content, settings",
    refused: { dump: "removed segments that are attached still" },
    shownBy: { saved: ["fixture shm"] },
  },
];
