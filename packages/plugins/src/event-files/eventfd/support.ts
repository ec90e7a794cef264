import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "eventfd",
    saved: "counter and flags; EFD_SEMAPHORE in restage.img: CRIU does not save it",
    restored: "the same; EFD_SEMAPHORE from Restage's images",
    shownBy: {
      saved: ["fixture polling", "case file-settings"],
      restored: ["fixture polling"],
    },
  },
];
