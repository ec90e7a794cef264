import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "fifos",
    saved: "content",
    restored: "content, ends of all modes",
    shownBy: { saved: ["fixture files"], restored: ["fixture files"] },
  },
];
