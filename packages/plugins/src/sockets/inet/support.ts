import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "internet sockets",
    saved:
      "TCP listeners, UDP, UDP-Lite, raw and ICMP (ping) sockets of IPv4 and IPv6: addresses, backlog, options, bound and connected",
    restored: "the same",
    refused: {
      dump: "listeners with connections that nobody has accepted yet",
      restore: "other protocols",
    },
    shownBy: {
      saved: ["fixture inet", "case inet-sockets", "case socket-options"],
      restored: ["fixture inet", "case inet-sockets", "case socket-options"],
    },
  },
];
