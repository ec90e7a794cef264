import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "pipes",
    saved: "content, capacity, flags",
    restored:
      "content, capacity, packet mode (O_DIRECT), ends in several tasks, a single end, ends opened again through /proc, read-write ends",
    shownBy: { saved: ["fixture pipes"], restored: ["fixture pipes", "fixture many", "case odd-pipes"] },
  },
];
