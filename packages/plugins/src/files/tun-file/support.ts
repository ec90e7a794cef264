import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "TUN and TAP",
    restored: "descriptors and links, persistent or not; owner, group, queues, detached queues",
    refused: {
      dump: "all of them, for now",
      restore: "links outside the tree's own network namespaces; filters",
    },
    kernel: "CONFIG_TUN",
    shownBy: {
      restored: ["case tun"],
    },
  },
];
