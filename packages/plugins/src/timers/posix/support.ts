import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "POSIX timers",
    restored: "ids with gaps, all clocks, SIGEV_SIGNAL, SIGEV_THREAD_ID, SIGEV_NONE",
    shownBy: { restored: ["fixture signals", "case timers"] },
  },
];
