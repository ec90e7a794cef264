import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "address space",
    saved:
      "bounds of code, data, stack and heap; arguments, environment, auxiliary vector, executable; whether transparent huge pages are disabled",
    restored: "the same",
    shownBy: {
      saved: ["fixture attributes"],
      restored: ["fixture attributes"],
    },
  },
];
