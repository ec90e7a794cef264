import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "TCP connections",
    restored:
      "queues, sequence numbers, windows, timestamps, half-closed, closed by both ends, asked for (SYN_SENT), with `--tcp-established`; closed with `--tcp-close`",
    refused: { restore: "connections without one of the options" },
    kernel: "TCP_REPAIR; nftables or iptables for the lock",
    shownBy: { restored: ["fixture tcp-established", "case tcp-connections", "case tcp-requests", "case closed-tcp"] },
  },
];
