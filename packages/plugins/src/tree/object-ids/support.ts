import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "resources that processes share",
    saved: "descriptor tables and namespaces",
    restored: "the same",
    refused: {
      dump: "memory (CLONE_VM), directories (CLONE_FS) or signal actions (CLONE_SIGHAND) that several processes share: CRIU images cannot record them",
    },
    shownBy: {
      saved: ["fixture shared-resources"],
      restored: ["fixture shared-resources"],
    },
  },
];
