import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "packet sockets",
    saved:
      "raw, cooked and SOCK_PACKET sockets: device, protocol, options, memberships, fanout, rings and their mappings",
    restageImage: "PACKET_QDISC_BYPASS, PACKET_IGNORE_OUTGOING, PACKET_VNET_HDR_SZ",
    restored: "the same",
    lost: "unread packets, with a warning, and the content of rings: CRIU images cannot record them",
    refused: {
      dump: "fanout groups that a BPF program distributes; mapped rings without a descriptor",
      restore: "a network device that does not exist",
    },
    kernel: "CONFIG_PACKET, CONFIG_PACKET_DIAG",
    shownBy: {
      saved: ["case packet-sockets"],
      restored: ["case packet-sockets"],
    },
  },
];
