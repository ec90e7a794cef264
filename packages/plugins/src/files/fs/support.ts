import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "working directory, root directory, umask",
    saved: "all three",
    restored: "the same",
    shownBy: {
      saved: ["fixture files"],
      restored: ["fixture files"],
    },
  },
];
