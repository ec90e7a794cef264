import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "fifos",
    saved: "content, capacity, flags",
    restored: "the same: read, write and read-write ends",
    shownBy: {
      saved: ["fixture files", "case files-in-flight"],
      restored: ["fixture files", "case files-in-flight"],
    },
  },
];
