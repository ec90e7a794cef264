import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "mappings of System V shared memory",
    saved: "in the tree's own IPC namespace, and in that of the host",
    restored:
      "the same, also where only a part is mapped; of the host, segments that still exist get the content of the checkpoint, also if the restore then fails, and others are made again under their ids",
    refused: {
      dump: "segments of the host, of a tree in a user namespace",
      restore:
        "segments of the host that processes outside the tree have attached; an id or a key that another segment has",
    },
    shownBy: {
      saved: ["fixture shm", "case host-shared-memory"],
      restored: ["fixture shm", "case host-shared-memory"],
    },
  },
];
