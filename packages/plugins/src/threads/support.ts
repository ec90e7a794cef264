import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "threads",
    saved: "ids, names, robust lists, rseq; interrupted system calls are restarted",
    restored: "the same, also within a restartable sequence (rseq)",
    shownBy: {
      saved: ["fixture threads", "case blocked-calls", "case rseq-critical"],
      restored: ["fixture threads", "case blocked-calls", "case rseq-critical", "case names-of-bytes"],
    },
  },
];
