import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "threads",
    saved: "names, robust lists, rseq, blocked calls",
    restored: "names, robust lists, rseq, blocked calls go on; within a restartable sequence",
    shownBy: {
      saved: ["fixture threads", "case blocked-calls"],
      restored: ["fixture threads", "case blocked-calls", "case rseq-critical", "case names-of-bytes"],
    },
  },
];
