import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "process trees",
    saved: "sessions, groups, zombies; jobs of shells with `--shell-job`",
    refused: { dump: "a root task that is no leader of its session and group, without `--shell-job`" },
    shownBy: { saved: ["fixture tree", "fixture many", "case family", "case shell-job"] },
  },
];
