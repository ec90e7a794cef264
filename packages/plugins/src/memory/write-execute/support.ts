import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "denial of writable and executable memory",
    saved: "PR_SET_MDWE, in restage.img: CRIU does not save it",
    restored: "the same, from Restage's images",
    kernel: "6.3; 6.6 for PR_MDWE_NO_INHERIT",
    shownBy: { saved: ["case deny-write-execute"], restored: ["case deny-write-execute"] },
  },
];
