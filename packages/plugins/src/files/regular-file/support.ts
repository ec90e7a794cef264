import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "regular files, directories, memory devices",
    saved:
      "path, position and flags; files of any type opened with O_PATH; with `--external file[MOUNT:INODE]`, a file that stays outside",
    restored: "the same; tasks share open files as before",
    refused: {
      dump: "other devices; directories that are watched with F_NOTIFY (dnotify); files of pressure stalls (PSI) that are open for writing",
      restore: "a file that is missing or has changed",
    },
    shownBy: {
      saved: ["fixture files", "case inherited-files", "case odd-files", "case found-fifo"],
      restored: ["fixture files", "fixture counter"],
    },
  },
];
