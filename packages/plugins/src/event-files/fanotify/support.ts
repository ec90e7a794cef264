import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "fanotify",
    saved: "flags; marks of files and mounts, with reported and ignored events",
    lost: "from CRIU's images, unread events and marks of whole file systems",
    restored: "the same",
    refused: {
      dump: "unread events, unless `--allow-loss events` is given; marks of whole file systems; instances that are in flight in the queue of a Unix socket",
      restore: "marks of files that do not exist",
    },
    kernel: "CONFIG_FANOTIFY",
    shownBy: {
      saved: ["case watched-files"],
      restored: ["case watched-files", "case container-files"],
    },
  },
];
