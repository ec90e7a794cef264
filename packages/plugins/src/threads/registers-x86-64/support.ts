import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "registers",
    saved: "general, x87, SSE, AVX and beyond",
    restored: "general, x87, SSE, AVX, AVX-512, protection keys, segment bases",
    refused: {
      dump: "32-bit tasks, shadow stacks",
      restore: "shadow stacks (CET), tiles (AMX), what this processor does not have",
    },
    kernel: "x86_64",
    shownBy: {
      saved: ["fixture registers", "case vector-registers"],
      restored: ["fixture registers", "case vector-registers"],
    },
  },
];
