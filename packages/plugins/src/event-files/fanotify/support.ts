import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "fanotify",
    lost: "unread events and marks of whole file systems: CRIU images cannot record them",
    restored: "flags; marks of files and mounts, with reported and ignored events",
    refused: {
      dump: "all of them, for now",
      restore: "marks of files that do not exist",
    },
    kernel: "CONFIG_FANOTIFY",
    shownBy: {
      restored: ["case watched-files", "case container-files"],
    },
  },
];
