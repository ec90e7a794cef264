import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "internet sockets",
    saved:
      "TCP and MPTCP listeners, UDP, UDP-Lite, raw and ICMP (ping) sockets of IPv4 and IPv6: addresses, backlog, options, bound and connected",
    restageImage: "MPTCP",
    restored: "the same; MPTCP as TCP where this machine has no MPTCP",
    refused: {
      dump: "MPTCP connections; listeners with connections that nobody has accepted yet, unless they can be lost: `--allow-loss connections`, or CRIU's `--skip-in-flight`",
      restore: "other protocols",
    },
    shownBy: {
      saved: ["fixture inet", "case inet-sockets", "case socket-options", "case backlog", "case mptcp-listeners"],
      restored: ["fixture inet", "case inet-sockets", "case socket-options", "case backlog", "case mptcp-listeners"],
    },
  },
];
