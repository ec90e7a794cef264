import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "Unix sockets",
    saved:
      "stream, datagram and seqpacket sockets: names, pairs, connections, queues with files in flight, options; a renamed socket file under its new name; datagram peers outside the tree, with `--ext-unix-sk`; one end of any pair, with `--external unix[INODE]`; the connection to the service that makes the checkpoint",
    restageImage: "credentials and names of the senders of messages",
    restored:
      "the same; a client of the service gets its answer; another socket in place of one whose peer is outside the tree (`--inherit-fd`)",
    lost: "names of accepted sockets, which are those of their listening sockets; the peer of a datagram socket, if that peer is gone",
    refused: {
      dump: "other peers outside the tree; clients outside the tree that wait to be accepted, and those that have sent data; messages with credentials of processes outside the tree, or from names that no socket of the tree has",
      restore: "peers outside the tree without `--ext-unix-sk` or `--inherit-fd`",
    },
    shownBy: {
      saved: [
        "fixture unix-sockets",
        "case unix-sockets",
        "case unix-corners",
        "case external-peer",
        "case asks-service",
        "case renamed-sockets",
        "case unix-messages",
        "case empty-messages",
        "case inherited-socket",
        "case files-in-flight",
        "case terminal-in-flight",
      ],
      restored: [
        "fixture unix-sockets",
        "case unix-sockets",
        "case unix-corners",
        "case external-peer",
        "case asks-service",
        "case fifo-over-socket",
        "case container-files",
        "case unix-messages",
        "case inherited-socket",
        "case files-in-flight",
      ],
    },
  },
];
