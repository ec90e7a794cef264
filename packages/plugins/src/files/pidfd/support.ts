import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "pidfds",
    saved: "pidfds of processes and zombies of the tree, and of processes that had ended; PIDFD_NONBLOCK",
    restored: "the same",
    refused: {
      dump: "processes outside the tree; PIDFD_THREAD",
      restore: "processes outside the tree; PIDFD_THREAD",
    },
    shownBy: {
      saved: ["case pidfds"],
      restored: ["case pidfds"],
    },
  },
];
