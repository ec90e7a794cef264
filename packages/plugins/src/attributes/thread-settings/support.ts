import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "timer slack, TSC, MCE, personality, memory policy, I/O flusher, dispatch",
    restageImage: "all",
    restored: "the same",
    lost: "memory policies of mappings (mbind); a personality from CRIU's images, which record a wrong one: restored tasks have that of `restage restore`",
    refused: { dump: "a thread that is handling a dispatched system call" },
    kernel: "6.4 for system call dispatch, 5.6 for I/O flushers",
    shownBy: { saved: ["case thread-settings"], restored: ["case thread-settings"] },
  },
];
