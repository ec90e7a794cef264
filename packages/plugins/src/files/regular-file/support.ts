import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "regular files, directories, memory devices",
    saved: "position and flags; files that stay outside with `--external file[MOUNT:INODE]`",
    restored: "position, flags (O_APPEND, O_PATH, ...), sharing between tasks, files of any size",
    refused: { dump: "other devices", restore: "a file that is missing or has changed" },
    shownBy: {
      saved: ["fixture files", "case inherited-files"],
      restored: ["fixture files", "fixture counter"],
    },
  },
];
