import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "pidfds",
    restored: "pidfds of processes and zombies of the tree, and of processes that had ended; PIDFD_NONBLOCK",
    refused: {
      dump: "all of them, for now",
      restore: "processes outside the tree; PIDFD_THREAD",
    },
    shownBy: {
      restored: ["case pidfds"],
    },
  },
];
