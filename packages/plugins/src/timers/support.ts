import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "timers",
    saved: "interval timers, POSIX timers",
    shownBy: { saved: ["fixture signals", "case timers"] },
  },
];
