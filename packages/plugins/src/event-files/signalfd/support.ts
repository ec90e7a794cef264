import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "signalfd",
    saved: "signal mask, flags",
    restored: "signal mask, flags",
    shownBy: { saved: ["fixture polling"], restored: ["fixture polling"] },
  },
];
