import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "packet sockets",
    restored:
      "raw, cooked and old ones (SOCK_PACKET); device, protocol, options, memberships, fanout, rings and their mappings",
    refused: { restore: "a network device that is not there; not in CRIU's images: queued packets" },
    kernel: "CONFIG_PACKET",
    shownBy: { restored: ["case packet-sockets"] },
  },
];
