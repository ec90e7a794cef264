import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "signalfd",
    saved: "all",
    restored: "signals, flags",
    shownBy: { saved: ["fixture polling"], restored: ["fixture polling"] },
  },
];
