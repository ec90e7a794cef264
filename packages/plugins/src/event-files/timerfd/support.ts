import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "timerfd",
    saved: "clock, time left, interval, unread ticks, flags",
    restored: "clock, time left, interval, unread ticks, flags",
    shownBy: {
      saved: ["fixture polling", "case timerfds"],
      restored: ["fixture polling", "fixture timens", "case timerfds"],
    },
  },
];
