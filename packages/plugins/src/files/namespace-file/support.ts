import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "open namespaces",
    restored: "files of /proc/PID/ns of all kinds, and bind mounts of them",
    refused: { restore: "namespaces without a task of the tree" },
    shownBy: { restored: ["case namespace-files", "case net-namespaces"] },
  },
];
