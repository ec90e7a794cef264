import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "UTS namespaces",
    saved: "host name and domain name",
    restored: "the same",
    kernel: "CONFIG_UTS_NS",
    shownBy: {
      saved: ["fixture namespaces"],
      restored: ["fixture namespaces", "fixture userns", "case ipc-objects"],
    },
  },
];
