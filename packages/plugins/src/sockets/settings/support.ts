import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "other socket options",
    restageImage:
      "about 100 options of sockets, IP, IPv6, TCP, UDP and netlink, where they differ from those of a new socket",
    restored: "the same",
    lost: "options that the kernel does not report: filters of SO_REUSEPORT groups, the device of IP_MULTICAST_IF without an address, IPsec policies",
    shownBy: { saved: ["case socket-settings"], restored: ["case socket-settings"] },
  },
];
