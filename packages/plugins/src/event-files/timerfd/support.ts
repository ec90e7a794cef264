import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "timerfd",
    saved: "clock (alarm clocks too), remaining time, interval, unread ticks, flags",
    restored: "the same",
    shownBy: {
      saved: ["fixture polling", "case timerfds", "case alarm-timerfds"],
      restored: ["fixture polling", "fixture timens", "case timerfds", "case alarm-timerfds"],
    },
  },
];
