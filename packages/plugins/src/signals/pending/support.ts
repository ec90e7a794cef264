import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "pending signals",
    restored: "of processes and threads, in order, with siginfo",
    shownBy: { restored: ["fixture signals", "case signal-queues"] },
  },
];
