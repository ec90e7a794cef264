import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "data in flight that images cannot record",
    lost: "unread errors (SO_ERROR) of datagram and raw sockets and of connections that have ended, with a warning",
    refused: {
      dump: "urgent data of TCP and Unix sockets, unread errors and notifications of other sockets (SO_ERROR, MSG_ERRQUEUE), unread netlink messages, corked datagrams; eBPF filters",
    },
    shownBy: {},
  },
];
