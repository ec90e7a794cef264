import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "/proc files of dead processes",
    saved: "path and pid",
    restored: "the file, opened while a helper has the pid",
    shownBy: {
      saved: ["case dead-processes", "case dead-in-namespace"],
      restored: ["case dead-processes", "case dead-in-namespace"],
    },
  },
];
