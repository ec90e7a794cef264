import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "locking on fault, locking and merging of future mappings",
    restageImage: "MLOCK_ONFAULT, mlockall(MCL_FUTURE), MCL_ONFAULT, PR_SET_MEMORY_MERGE",
    restored: "the same",
    kernel: "6.4 for PR_SET_MEMORY_MERGE",
    shownBy: { saved: ["case memory-settings"], restored: ["case memory-settings"] },
  },
];
