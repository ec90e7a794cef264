import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "unread datagrams",
    restageImage: "content and sender, for UDP sockets",
    restored: "the same; they are sent again, inside the machine",
    lost: "unread datagrams of UDP-Lite, raw and ICMP sockets, with a warning",
    refused: {
      dump: "datagrams for sockets that share a port or are bound to a device, and those sent to a multicast or broadcast address, or to an IPv6 address other than ::1, unless `--allow-loss datagrams` is given",
    },
    shownBy: { saved: ["case datagrams"], restored: ["case datagrams"] },
  },
];
