import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "registers",
    saved:
      "general registers, segment bases, thread areas in the GDT (set_thread_area), x87, SSE, AVX, AVX-512, protection keys",
    restored: "the same",
    refused: {
      dump: "32-bit tasks, shadow stacks, local descriptor tables (modify_ldt)",
      restore: "shadow stacks (CET), tiles (AMX), and registers that this processor does not have",
    },
    kernel: "x86_64",
    shownBy: {
      saved: ["fixture registers", "case vector-registers", "case thread-areas"],
      restored: ["fixture registers", "case vector-registers", "case thread-areas"],
    },
  },
];
