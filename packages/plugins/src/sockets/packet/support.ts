import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "packet sockets",
    lost: "unread packets: CRIU images cannot record them",
    restored:
      "raw, cooked and SOCK_PACKET sockets: device, protocol, options, memberships, fanout, rings and their mappings",
    refused: {
      dump: "all of them, for now",
      restore: "a network device that does not exist",
    },
    kernel: "CONFIG_PACKET",
    shownBy: {
      restored: ["case packet-sockets"],
    },
  },
];
