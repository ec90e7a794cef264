import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "vdso",
    restored:
      "at its old address; functions are redirected to those of this kernel when it has another, or to system calls",
    shownBy: { restored: ["fixture vdso", "case other-vdso", "case older-vdso"] },
  },
];
