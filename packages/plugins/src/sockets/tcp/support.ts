import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "TCP connections",
    saved:
      "queues, sequence numbers, windows, timestamps; open, half-closed and closed connections and those that are being made (SYN_SENT), with `--tcp-established`",
    restored: "the same, with `--tcp-established`; with `--tcp-close`, closed",
    lost: "a closed connection that had released its port takes it again",
    refused: {
      dump: "connections without the option, and those that are in flight in the queue of a Unix socket",
      restore: "connections without one of the options",
    },
    kernel: "TCP_REPAIR; nftables or iptables for the lock",
    shownBy: {
      saved: [
        "fixture tcp-established",
        "fixture tcp-queued",
        "case tcp-connections",
        "case tcp-requests",
        "case closed-tcp",
      ],
      restored: ["fixture tcp-established", "case tcp-connections", "case tcp-requests", "case closed-tcp"],
    },
  },
];
