import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "denial of writable and executable memory",
    restageImage: "PR_SET_MDWE",
    restored: "the same",
    kernel: "6.3; 6.6 for PR_MDWE_NO_INHERIT",
    shownBy: { saved: ["case deny-write-execute"], restored: ["case deny-write-execute"] },
  },
];
