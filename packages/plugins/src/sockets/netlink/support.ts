import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "netlink sockets",
    saved: "protocol, port id, groups",
    restored: "the same; another port id if this one is taken",
    refused: {
      dump: "groups above 32, unread messages",
      restore: "groups above 32",
    },
    shownBy: {
      saved: ["fixture inet"],
      restored: ["fixture inet"],
    },
  },
];
