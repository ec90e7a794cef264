import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "timerfd",
    saved: "all",
    restored: "clock, time that is left, interval, unread ticks, flags",
    shownBy: { saved: ["fixture polling"], restored: ["fixture polling", "fixture timens"] },
  },
];
