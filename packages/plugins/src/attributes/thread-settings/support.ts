import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "timer slack, TSC, machine check policy, I/O flusher, system call dispatch",
    restageImage: "all",
    restored: "the same",
    refused: { dump: "a thread that is handling a dispatched system call" },
    kernel: "6.4 for system call dispatch, 5.6 for I/O flushers",
    shownBy: { saved: ["case thread-settings"], restored: ["case thread-settings"] },
  },
];
