import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "descriptor tables",
    saved: "numbers, FD_CLOEXEC, shared tables, files shared between tables",
    restored: "the same",
    shownBy: {
      saved: ["fixture files", "fixture shared-resources"],
      restored: ["fixture files", "fixture shared-resources"],
    },
  },
];
