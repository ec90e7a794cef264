import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "joined namespaces",
    restored: "the tree joins existing network, IPC, UTS and time namespaces, with `--join-ns`",
    lost: "what the tree's own namespace contained, if it had one",
    refused: {
      restore: "user and mount namespaces",
    },
    shownBy: {
      restored: ["case joined-namespaces"],
    },
  },
];
