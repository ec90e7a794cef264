import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "Unix sockets",
    saved:
      "stream, datagram and seqpacket sockets: names, pairs, connections, queues with files in flight, options; a renamed socket file under its new name; datagram peers outside the tree, with `--ext-unix-sk`",
    restored: "the same",
    refused: {
      dump: "other peers outside the tree; clients outside the tree that wait to be accepted",
      restore: "peers outside the tree without `--ext-unix-sk`",
    },
    shownBy: {
      saved: [
        "fixture unix-sockets",
        "case unix-sockets",
        "case unix-corners",
        "case external-peer",
        "case renamed-sockets",
      ],
      restored: [
        "fixture unix-sockets",
        "case unix-sockets",
        "case unix-corners",
        "case external-peer",
        "case fifo-over-socket",
        "case container-files",
      ],
    },
  },
];
