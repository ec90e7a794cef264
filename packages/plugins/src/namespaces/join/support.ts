import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "joined namespaces",
    restored: "into existing network, IPC, UTS and time namespaces, with `--join-ns`",
    refused: { restore: "user and mount namespaces; kinds of which the tree has one of its own" },
    shownBy: { restored: ["case joined-namespaces"] },
  },
];
