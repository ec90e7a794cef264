import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "time namespace",
    restored: "CLOCK_MONOTONIC and CLOCK_BOOTTIME go on",
    kernel: "5.6",
    shownBy: { restored: ["fixture vdso", "fixture signals"] },
  },
  {
    group: "namespaces",
    what: "time namespaces",
    saved: "offsets",
    shownBy: { saved: ["fixture timens"] },
  },
];
