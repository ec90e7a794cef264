import type { Support } from "../../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "semaphores held with SEM_UNDO",
    lost: "the undo values of a process, if another process has changed the semaphore since",
    refused: {
      dump: "processes that have used SEM_UNDO, or have several threads, and were the last to change a semaphore, unless `--allow-loss sem-undo` is given",
    },
    shownBy: {},
  },
];
