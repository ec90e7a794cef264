import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "name, oom_score_adj, personality, THP, subreaper",
    saved: "all",
    restored: "all",
    shownBy: { saved: ["fixture attributes"], restored: ["fixture attributes"] },
  },
];
