import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "IPC namespaces",
    saved:
      "System V shared memory, semaphores and message queues, with ids, content and owners; POSIX message queues with owners and limits; sysctls",
    restored: "the same, with removed and locked segments; open POSIX message queues",
    refused: {
      dump: "POSIX message queues that were removed while they are open, or that no mount shows, or of which a notification is due (mq_notify); their messages, unless these can be lost: `--allow-loss messages`",
    },
    kernel: "CONFIG_CHECKPOINT_RESTORE",
    shownBy: {
      saved: ["fixture shm", "case ipc-objects", "case posix-queues", "case host-queue"],
      restored: ["fixture shm", "fixture namespaces", "case ipc-objects", "case posix-queues", "case host-queue"],
    },
  },
];
