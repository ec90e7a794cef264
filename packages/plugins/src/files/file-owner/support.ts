import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "owners and signals of files",
    saved: "owner, signal and user ids; an owner outside the tree is not saved",
    restored: "F_SETOWN and F_SETOWN_EX with their user ids, F_SETSIG, O_ASYNC",
    refused: { restore: "an owner that is not in the checkpoint and does not exist on this machine" },
    shownBy: {
      saved: ["fixture files", "case file-owners"],
      restored: ["fixture files", "case file-owners", "case odd-pipes"],
    },
  },
];
