import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "eventfd",
    saved: "all",
    restored: "counter, flags; not EFD_SEMAPHORE, which CRIU 4.2 does not save",
    shownBy: { saved: ["fixture polling"], restored: ["fixture polling"] },
  },
];
