import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "inotify",
    saved: "watches with their numbers, masks and paths",
    lost: "unread events, with a warning: CRIU images cannot record them",
    restored: "the same; watched files are found by path or handle, deleted ones if they are open",
    refused: {
      dump: "watches of deleted files",
      restore: "watches of files that do not exist",
    },
    kernel: "CONFIG_CHECKPOINT_RESTORE",
    shownBy: {
      saved: ["fixture polling"],
      restored: ["fixture polling", "case watched-files", "case container-files"],
    },
  },
];
