import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "open namespaces",
    saved: "files of /proc/PID/ns of every kind",
    restored: "the same, and bind mounts of them",
    refused: {
      dump: "namespaces that no task of the tree is in",
      restore: "namespaces that no task of the tree is in",
    },
    shownBy: {
      saved: ["case namespace-files"],
      restored: ["case namespace-files", "case net-namespaces"],
    },
  },
];
