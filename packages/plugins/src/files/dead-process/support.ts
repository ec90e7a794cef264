import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "/proc files of dead processes",
    saved: "the path and the pid",
    restored: "the file; a helper has the pid while the file is opened, and ends",
    shownBy: { saved: ["case dead-processes"], restored: ["case dead-processes"] },
  },
];
