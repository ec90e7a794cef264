import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "TUN and TAP",
    restored: "descriptors and links, persistent or not; owner, group, queues, also detached ones",
    refused: { restore: "links outside a network namespace of the tree's own, which CRIU does not dump; filters" },
    kernel: "CONFIG_TUN",
    shownBy: { restored: ["case tun"] },
  },
];
