import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "inotify",
    saved: "watches with their numbers, masks and paths",
    lost: "from CRIU's images, unread events",
    restored: "the same; watched files are found by path or handle, deleted ones if they are open",
    refused: {
      dump: "unread events, unless `--allow-loss events` is given; watches of deleted files that no task has open; instances that are in flight in the queue of a Unix socket",
      restore: "watches of files that do not exist",
    },
    kernel: "CONFIG_CHECKPOINT_RESTORE",
    shownBy: {
      saved: ["fixture polling", "case watched-files"],
      restored: ["fixture polling", "case watched-files", "case container-files"],
    },
  },
];
