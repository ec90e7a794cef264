import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "stopped tasks",
    restored: "by SIGSTOP or SIGTSTP, with threads and with signals that wait until they go on",
    shownBy: { restored: ["case stopped-tasks"] },
  },
  {
    group: "tasks",
    what: "signal actions, masks, alternate stacks",
    restored: "all, also of a handler that is under way",
    shownBy: { restored: ["fixture signals", "case signal-queues"] },
  },
];
