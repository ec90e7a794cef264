import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "time namespaces",
    saved: "CLOCK_MONOTONIC and CLOCK_BOOTTIME as the tree sees them",
    restored: "the two clocks continue from there, in a new time namespace",
    refused: {
      dump: "tasks in several time namespaces",
    },
    kernel: "5.6",
    shownBy: {
      saved: ["fixture timens"],
      restored: ["fixture timens", "fixture vdso", "fixture signals"],
    },
  },
];
