import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "resource limits",
    saved: "all 16 limits, soft and hard",
    restored: "the same",
    refused: {
      dump: "a task whose hard limit of address space (RLIMIT_AS) is reached, without CAP_SYS_RESOURCE",
      restore: "hard limits above those of the caller, without CAP_SYS_RESOURCE",
    },
    shownBy: {
      saved: ["fixture attributes", "case signal-limit", "case no-room-for-data", "case no-address-space"],
      restored: ["fixture attributes", "case no-room-for-data", "case no-address-space"],
    },
  },
];
