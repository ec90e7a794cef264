import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "network lock",
    saved:
      "an nftables lock keeps packets off saved TCP connections until the restore, also with `--network-lock iptables`, and unless `--network-lock skip` is given",
    restored: "the lock of nftables or iptables is removed",
    refused: {
      dump: "connections to peers outside the tree, if nft is not installed",
    },
    shownBy: {
      saved: ["fixture tcp-queued"],
      restored: ["fixture tcp-established", "fixture tcp-queued"],
    },
  },
];
