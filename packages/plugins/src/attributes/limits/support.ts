import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "resource limits",
    saved: "all 16 limits, soft and hard",
    restored: "the same",
    refused: {
      restore: "hard limits above those of the caller, without CAP_SYS_RESOURCE",
    },
    shownBy: {
      saved: ["fixture attributes", "case signal-limit", "case no-room-for-data"],
      restored: ["fixture attributes", "case no-room-for-data"],
    },
  },
];
