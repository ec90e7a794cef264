import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "TCP listening, UDP, UDP-Lite, ping (ICMP), raw",
    restored: "addresses of v4 and v6, backlog, options, bound and connected",
    refused: { restore: "other protocols; not in CRIU's images: queued datagrams" },
    shownBy: { restored: ["fixture inet", "case inet-sockets", "case socket-options"] },
  },
  {
    group: "sockets",
    what: "TCP, UDP, raw and ICMP sockets",
    saved: "listeners, addresses, options; TCP connections with `--tcp-established`",
    refused: { dump: "connections that wait to be accepted, or are being made" },
    shownBy: {
      saved: [
        "fixture inet",
        "fixture tcp-established",
        "fixture tcp-queued",
        "case inet-sockets",
        "case tcp-connections",
      ],
    },
  },
];
