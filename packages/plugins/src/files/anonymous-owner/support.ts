import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "owners of pipes and sockets",
    saved: "user, group and permissions, in restage.img: CRIU does not save them",
    lost: "an owner that the tree's user namespace does not have",
    restored: "the same, from Restage's images",
    shownBy: { saved: ["case file-settings"], restored: ["case file-settings"] },
  },
];
