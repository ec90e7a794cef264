import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "inotify",
    saved: "watches",
    restored: "watches with their numbers and masks, found by path or by handle, on deleted files that are open too",
    refused: { dump: "watches of deleted files", restore: "watched files that are not there" },
    kernel: "CONFIG_CHECKPOINT_RESTORE",
    shownBy: {
      saved: ["fixture polling"],
      restored: ["fixture polling", "case watched-files", "case container-files"],
    },
  },
];
