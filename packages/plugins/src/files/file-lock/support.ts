import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "file locks",
    saved: "POSIX, BSD and open file description locks, and leases, with `--file-locks`",
    restored: "the same, with `--file-locks`; leases that another process was breaking",
    refused: {
      dump: "locks without the option",
      restore: "locks without the option",
    },
    shownBy: {
      saved: ["fixture locks", "case file-locks"],
      restored: ["fixture locks", "case file-locks", "case more-locks"],
    },
  },
];
