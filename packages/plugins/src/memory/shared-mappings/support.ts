import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "shared mappings of files",
    saved: "writable and read-only ones",
    restored: "the same; mappings of deleted files too",
    shownBy: {
      saved: ["fixture memory"],
      restored: ["fixture memory"],
    },
  },
  {
    group: "memory",
    what: "shared anonymous memory",
    saved: "content",
    restored: "the same, in every task that mapped it; as memfds, like CRIU",
    shownBy: {
      saved: ["fixture memory", "fixture shm"],
      restored: ["fixture memory", "case memfds"],
    },
  },
];
