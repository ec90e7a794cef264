import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "zombies",
    saved: "exit code or signal",
    restored: "the same; the parent can wait for them",
    shownBy: {
      saved: ["fixture tree"],
      restored: ["fixture tree"],
    },
  },
];
