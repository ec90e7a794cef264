import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "file locks",
    saved: "POSIX, BSD, open file description locks, leases, with `--file-locks`",
    restored: "flock, POSIX, OFD locks and leases, also those that somebody was breaking, with `--file-locks`",
    refused: { restore: "locks without the option" },
    shownBy: {
      saved: ["fixture locks", "case file-locks"],
      restored: ["fixture locks", "case file-locks", "case more-locks"],
    },
  },
];
