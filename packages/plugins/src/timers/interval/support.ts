import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "interval timers",
    saved: "all three",
    restored: "the same",
    shownBy: {
      saved: ["fixture signals", "case timers"],
      restored: ["fixture signals", "case timers"],
    },
  },
];
