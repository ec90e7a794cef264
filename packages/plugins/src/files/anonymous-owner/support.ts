import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "owners of pipes and sockets",
    restageImage: "user, group and permissions",
    lost: "an owner that the tree's user namespace does not have",
    restored: "the same",
    shownBy: { saved: ["case file-settings"], restored: ["case file-settings"] },
  },
];
