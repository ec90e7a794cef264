import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "TUN and TAP",
    restored: "descriptors and links, persistent or not; owner, group, queues, detached queues",
    refused: { restore: "links outside the tree's own network namespaces, which CRIU does not save; filters" },
    kernel: "CONFIG_TUN",
    shownBy: { restored: ["case tun"] },
  },
];
