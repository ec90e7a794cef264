import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "fanotify",
    restored: "marks of files and of mounts, their events and what they ignore; flags",
    refused: { restore: "marked files that are not there; not in CRIU's images: marks of file systems, unread events" },
    kernel: "CONFIG_FANOTIFY",
    shownBy: { restored: ["case watched-files", "case container-files"] },
  },
];
