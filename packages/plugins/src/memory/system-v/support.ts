import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "System V shared memory",
    restored: "attached at its addresses, also in parts",
    refused: { restore: "segments of the host's IPC namespace" },
    shownBy: { restored: ["fixture shm"] },
  },
];
