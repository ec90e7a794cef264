import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "open namespaces",
    restored: "files of /proc/PID/ns of every kind, and bind mounts of them",
    refused: {
      dump: "all of them, for now",
      restore: "namespaces that no task of the tree is in",
    },
    shownBy: {
      restored: ["case namespace-files", "case net-namespaces"],
    },
  },
];
