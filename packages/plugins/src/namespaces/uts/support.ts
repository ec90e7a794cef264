import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "UTS namespaces",
    saved: "host name and domain name",
    restored: "host name and domain name",
    kernel: "CONFIG_UTS_NS",
    shownBy: {
      saved: ["fixture namespaces"],
      restored: ["case ipc-objects", "fixture namespaces", "fixture userns"],
    },
  },
];
