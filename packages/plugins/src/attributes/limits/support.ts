import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "resource limits",
    saved: "all",
    restored: "all 16",
    refused: { restore: "hard limits above those of the caller without CAP_SYS_RESOURCE" },
    shownBy: { saved: ["fixture attributes"], restored: ["fixture attributes"] },
  },
];
