import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "inotify",
    saved: "watches with the paths of their files; CRIU images cannot record unread events",
    restored: "watches with numbers and masks, of files found by path or handle, and of deleted files that are open",
    refused: { dump: "watches of deleted files", restore: "watched files that do not exist" },
    kernel: "CONFIG_CHECKPOINT_RESTORE",
    shownBy: {
      saved: ["fixture polling"],
      restored: ["fixture polling", "case watched-files", "case container-files"],
    },
  },
];
