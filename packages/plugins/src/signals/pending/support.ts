import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "pending signals",
    saved: "of processes and of threads, in order, with siginfo",
    restored: "the same",
    shownBy: {
      saved: ["fixture signals", "case signal-queues", "case pending-trap"],
      restored: ["fixture signals", "case signal-queues"],
    },
  },
];
