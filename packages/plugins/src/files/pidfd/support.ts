import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "pidfds",
    restored: "pidfds of processes of the tree, including zombies, and of processes that had ended; PIDFD_NONBLOCK",
    refused: { restore: "a process outside the tree; PIDFD_THREAD, which CRIU 4.2 does not save" },
    shownBy: { restored: ["case pidfds"] },
  },
];
