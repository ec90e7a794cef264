import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "files of /proc/PID of tasks that are gone",
    restored: "the file, through a stand-in that dies again",
    shownBy: { restored: ["case dead-processes"] },
  },
];
