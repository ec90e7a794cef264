import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "open namespaces",
    restored: "files of /proc/PID/ns, and binds of them, of all kinds",
    refused: { restore: "namespaces that no task is in" },
    shownBy: { restored: ["case namespace-files", "case net-namespaces"] },
  },
];
