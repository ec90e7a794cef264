import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "joined namespaces",
    restored: "the tree joins existing network, IPC, UTS and time namespaces, with `--join-ns`",
    refused: {
      restore: "user and mount namespaces; a kind of which the tree has its own",
    },
    shownBy: {
      restored: ["case joined-namespaces"],
    },
  },
];
