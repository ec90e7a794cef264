import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "signalfd",
    saved: "signal mask and flags",
    restored: "the same",
    shownBy: {
      saved: ["fixture polling"],
      restored: ["fixture polling"],
    },
  },
];
