import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "UTS namespace",
    restored: "host and domain name",
    kernel: "CONFIG_UTS_NS",
    shownBy: { restored: ["case ipc-objects", "fixture namespaces", "fixture userns"] },
  },
  {
    group: "namespaces",
    what: "UTS namespaces",
    saved: "host and domain names",
    shownBy: { saved: ["fixture namespaces"] },
  },
];
