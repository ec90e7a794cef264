import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "TUN and TAP",
    saved: "descriptors and links, persistent or not; owner, group, queues, detached queues",
    restored: "the same",
    refused: {
      dump: "links outside the tree's own network namespace; filters",
      restore: "links outside the tree's own network namespaces; filters",
    },
    kernel: "CONFIG_TUN",
    shownBy: {
      saved: ["case tun"],
      restored: ["case tun"],
    },
  },
];
