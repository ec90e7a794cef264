import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "mappings of System V shared memory",
    saved: "in the tree's own IPC namespace",
    restored: "the same, also where only a part is mapped",
    refused: {
      dump: "segments of the host's IPC namespace",
      restore: "segments of the host's IPC namespace",
    },
    shownBy: {
      saved: ["fixture shm"],
      restored: ["fixture shm"],
    },
  },
];
