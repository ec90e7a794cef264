import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "process trees",
    saved: "parents, sessions and process groups, including those whose leader has ended",
    restored: "the same",
    refused: {
      dump: "a root task that does not lead its session and process group, without `--shell-job`",
      restore: "sessions that no task of the tree can have made",
    },
    shownBy: {
      saved: ["fixture tree", "fixture many", "case family", "case tree-shapes"],
      restored: ["fixture tree", "case tree-shapes"],
    },
  },
  {
    group: "tasks",
    what: "shell jobs",
    saved: "with `--shell-job`, in the session of a shell",
    restored: "with `--shell-job`, in the session of the caller",
    shownBy: {
      saved: ["case shell-job"],
      restored: ["case shell-job"],
    },
  },
];
