import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "eventfd",
    saved: "counter and flags",
    lost: "EFD_SEMAPHORE: CRIU images cannot record it",
    restored: "the same",
    shownBy: {
      saved: ["fixture polling"],
      restored: ["fixture polling"],
    },
  },
];
