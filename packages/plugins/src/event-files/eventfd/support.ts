import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "eventfd",
    saved: "counter, flags; CRIU images cannot record EFD_SEMAPHORE, so it is lost",
    restored: "counter, flags",
    shownBy: { saved: ["fixture polling"], restored: ["fixture polling"] },
  },
];
