import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "fanotify",
    restored: "marks of files and mounts, with reported and ignored events; flags. Unread events are lost",
    refused: { restore: "marked files that do not exist; CRIU images cannot record marks of file systems" },
    kernel: "CONFIG_FANOTIFY",
    shownBy: { restored: ["case watched-files", "case container-files"] },
  },
];
