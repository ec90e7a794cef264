import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "eventfd",
    saved: "counter and flags",
    restageImage: "EFD_SEMAPHORE",
    restored: "the same",
    shownBy: {
      saved: ["fixture polling", "case file-settings"],
      restored: ["fixture polling"],
    },
  },
];
