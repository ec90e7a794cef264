import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "locking on fault, locking and merging of future mappings",
    saved:
      "MLOCK_ONFAULT, mlockall(MCL_FUTURE), MCL_ONFAULT, PR_SET_MEMORY_MERGE, in restage.img: CRIU does not save them",
    restored: "the same, from Restage's images",
    kernel: "6.4 for PR_SET_MEMORY_MERGE",
    shownBy: { saved: ["case memory-settings"], restored: ["case memory-settings"] },
  },
];
