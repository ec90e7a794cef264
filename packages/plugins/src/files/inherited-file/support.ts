import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "files that the caller passes",
    restored: "`--inherit-fd` replaces files, pipes and Unix sockets",
    shownBy: {
      restored: ["case inherited-files", "case inherited-socket"],
    },
  },
];
