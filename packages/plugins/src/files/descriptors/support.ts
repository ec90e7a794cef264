import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "descriptor tables",
    saved: "numbers, FD_CLOEXEC, tables and open files that tasks share",
    restored: "the same",
    shownBy: {
      saved: ["fixture files", "fixture shared-resources"],
      restored: ["fixture files", "fixture shared-resources"],
    },
  },
];
