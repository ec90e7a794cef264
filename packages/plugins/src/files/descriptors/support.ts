import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "descriptor tables",
    saved: "all, shared ones too",
    shownBy: { saved: ["fixture files", "fixture shared-resources"] },
  },
];
