import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "multicast groups",
    saved:
      "groups of IPv4 and IPv6 that sockets have joined, with filters of sources, in restage.img: CRIU does not save them",
    restored: "the same, from Restage's images",
    lost: "anycast addresses (IPV6_JOIN_ANYCAST)",
    shownBy: { saved: ["case multicast"], restored: ["case multicast"] },
  },
];
