import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "sealed memory",
    saved: "mappings of mseal(2), in restage.img: CRIU does not save them",
    restored: "the same, from Restage's images",
    kernel: "6.10",
    shownBy: { saved: ["case memory-settings"], restored: ["case memory-settings"] },
  },
];
