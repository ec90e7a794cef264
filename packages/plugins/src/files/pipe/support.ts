import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "pipes",
    saved: "content, capacity, flags",
    restageImage: "where each packet ends (O_DIRECT)",
    restored:
      "the same, with packet mode (O_DIRECT); ends in several tasks, single ends, read-write ends, ends opened again through /proc",
    shownBy: {
      saved: ["fixture pipes", "case pipe-packets"],
      restored: ["fixture pipes", "fixture many", "case odd-pipes", "case pipe-packets"],
    },
  },
];
