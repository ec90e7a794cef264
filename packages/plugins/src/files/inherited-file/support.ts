import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "descriptors that the caller passes",
    restored: "replace files, pipes and Unix sockets, with `--inherit-fd`",
    shownBy: { restored: ["case inherited-files", "case inherited-socket"] },
  },
];
