import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "mappings of System V shared memory",
    saved: "in the tree's own IPC namespace, and in that of the host",
    restored:
      "the same, also where only a part is mapped; segments of the host are created with their ids, or get the content of the checkpoint if they still exist, even if the restore then fails",
    refused: {
      dump: "segments of the host, if the tree is in a user namespace",
      restore:
        "segments of the host that processes outside the tree have attached; an id or a key that another segment has",
    },
    shownBy: {
      saved: ["fixture shm", "case host-shared-memory"],
      restored: ["fixture shm", "case host-shared-memory"],
    },
  },
];
