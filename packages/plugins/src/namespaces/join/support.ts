import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "namespaces of others",
    restored: "network, IPC, UTS and time namespaces that are there, with `--join-ns`",
    refused: { restore: "user and mount namespaces; kinds of which the tree has one of its own" },
    shownBy: { restored: ["case joined-namespaces"] },
  },
];
