import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "time namespaces",
    saved: "CLOCK_MONOTONIC and CLOCK_BOOTTIME as the tree sees them",
    restored: "the two clocks continue from the saved values, in a new time namespace",
    refused: { dump: "trees whose tasks are in several time namespaces" },
    kernel: "5.6",
    shownBy: { saved: ["fixture timens"], restored: ["fixture vdso", "fixture signals"] },
  },
];
