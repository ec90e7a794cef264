import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "sealed memory",
    restageImage: "mappings of mseal(2)",
    restored: "the same",
    kernel: "6.10",
    shownBy: { saved: ["case memory-settings"], restored: ["case memory-settings"] },
  },
];
