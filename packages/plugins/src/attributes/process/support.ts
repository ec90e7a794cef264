import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "process attributes",
    saved: "oom_score_adj, loginuid, child subreaper, membarrier registrations",
    restageImage: "coredump_filter",
    restored: "the same",
    shownBy: {
      saved: ["fixture attributes", "case memory-settings"],
      restored: ["fixture attributes", "case memory-settings"],
    },
  },
];
