import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "process attributes",
    saved: "oom_score_adj, loginuid, child subreaper, membarrier registrations",
    restageImage: "coredump_filter",
    lost: "the personality: CRIU's images record a wrong one, so restored tasks have that of `restage restore`",
    restored: "the same",
    shownBy: {
      saved: ["fixture attributes", "case memory-settings"],
      restored: ["fixture attributes", "case memory-settings"],
    },
  },
];
