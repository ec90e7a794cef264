import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "owners and signals of files",
    restored: "F_SETOWN, F_SETOWN_EX, F_SETSIG with ids, O_ASYNC",
    refused: { restore: "an owner outside the tree" },
    shownBy: { restored: ["fixture files", "case file-owners", "case odd-pipes"] },
  },
];
