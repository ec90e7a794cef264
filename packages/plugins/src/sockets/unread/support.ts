import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "data in flight that images cannot record",
    refused: {
      dump: "urgent TCP data, unread netlink messages, corked datagrams; eBPF filters",
    },
    shownBy: {},
  },
];
