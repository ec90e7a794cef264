import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "descriptors of the caller",
    restored: "in place of files, pipes and Unix sockets, with `--inherit-fd`",
    shownBy: { restored: ["case inherited-files", "case inherited-socket"] },
  },
];
