import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "signal actions",
    saved: "actions, masks and alternate stacks",
    restored: "the same, also while a handler runs",
    shownBy: {
      saved: ["fixture signals", "case signal-queues"],
      restored: ["fixture signals", "case signal-queues"],
    },
  },
  {
    group: "tasks",
    what: "stopped tasks",
    saved: "stopped by SIGSTOP or SIGTSTP, with their threads",
    restored: "the same; signals that were pending arrive when the task continues",
    shownBy: {
      saved: ["case stopped-tasks"],
      restored: ["case stopped-tasks"],
    },
  },
];
