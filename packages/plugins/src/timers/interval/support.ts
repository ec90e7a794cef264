import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "interval timers",
    restored: "all",
    shownBy: { restored: ["fixture signals", "case timers"] },
  },
];
