import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "netlink sockets",
    saved: "addresses and groups",
    restored: "protocol, port id (another one where somebody has it), groups",
    refused: { dump: "groups above 32, messages that wait", restore: "queued messages" },
    shownBy: { saved: ["fixture inet"], restored: ["fixture inet"] },
  },
];
