import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "regular files, directories, devices",
    restored: "offset, flags (O_APPEND, O_PATH, ...), sharing, files of any size",
    refused: { restore: "a file that is not there or has changed" },
    shownBy: { restored: ["fixture files", "fixture counter"] },
  },
  {
    group: "files",
    what: "files, directories, devices of memory",
    saved: "positions and flags; files that stay outside with `--external file[MOUNT:INODE]`",
    refused: { dump: "other devices" },
    shownBy: { saved: ["fixture files", "case inherited-files"] },
  },
];
