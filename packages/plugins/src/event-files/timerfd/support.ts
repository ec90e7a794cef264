import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "timerfd",
    saved: "clock, remaining time, interval, unread ticks, flags",
    restored: "the same",
    shownBy: {
      saved: ["fixture polling", "case timerfds"],
      restored: ["fixture polling", "fixture timens", "case timerfds"],
    },
  },
];
