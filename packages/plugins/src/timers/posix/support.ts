import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "POSIX timers",
    saved: "ids, clocks, remaining time, interval; SIGEV_SIGNAL, SIGEV_THREAD_ID, SIGEV_NONE",
    restored: "the same",
    shownBy: {
      saved: ["fixture signals", "case timers"],
      restored: ["fixture signals", "case timers"],
    },
  },
];
