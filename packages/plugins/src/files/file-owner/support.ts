import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "signal owners of files",
    saved: "owner (F_SETOWN, F_SETOWN_EX) with its user ids, signal (F_SETSIG), O_ASYNC",
    lost: "an owner outside the tree",
    restored: "the same",
    refused: {
      restore: "an owner that is not in the checkpoint and does not exist on this machine",
    },
    shownBy: {
      saved: ["fixture files", "case file-owners"],
      restored: ["fixture files", "case file-owners", "case odd-pipes"],
    },
  },
];
