import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "signals",
    saved: "actions, masks, alternate stacks, queues",
    shownBy: { saved: ["fixture signals", "case signal-queues"] },
  },
];
