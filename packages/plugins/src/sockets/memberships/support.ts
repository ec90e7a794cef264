import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "multicast groups",
    restageImage: "groups of IPv4 and IPv6 that sockets have joined, with filters of sources",
    restored: "the same",
    lost: "anycast addresses (IPV6_JOIN_ANYCAST)",
    shownBy: { saved: ["case multicast"], restored: ["case multicast"] },
  },
];
