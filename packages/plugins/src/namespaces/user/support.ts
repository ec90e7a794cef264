import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "user namespaces",
    saved: "uid and gid maps",
    restored: "uid and gid maps of any number of ranges",
    refused: {
      dump: "trees whose tasks are in several user namespaces",
      restore: "trees whose tasks are in several user namespaces",
    },
    kernel: "CONFIG_USER_NS",
    shownBy: { saved: ["fixture userns"], restored: ["case container", "fixture userns"] },
  },
];
