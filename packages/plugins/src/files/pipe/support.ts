import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "pipes",
    saved: "content and capacity",
    restored:
      "content, size, packets, ends in several tasks, ends without the other, ends opened again, also for both directions",
    shownBy: { saved: ["fixture pipes"], restored: ["fixture pipes", "fixture many", "case odd-pipes"] },
  },
];
