import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "Unix sockets",
    saved:
      "names, queues, files in flight, options; the present name of a file that was renamed; peers outside the context with `--ext-unix-sk`",
    restored:
      "stream, datagram, seqpacket: pairs, listening, connected, queues with descriptors in flight, options; peers outside with `--ext-unix-sk`",
    refused: {
      dump: "stream sockets with a peer outside, clients outside that wait to be accepted",
      restore: "peers outside without the option",
    },
    shownBy: {
      saved: ["fixture unix-sockets", "case unix-sockets", "case external-peer", "case renamed-sockets"],
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
