import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "limits of code, data, stack, brk; auxv; executable",
    restored: "all",
    shownBy: { restored: ["fixture attributes"] },
  },
  {
    group: "memory",
    what: "the address space as a whole",
    saved: "brk, arguments, environment, auxiliary vector, executable, vdso",
    shownBy: { saved: ["fixture attributes", "fixture vdso"] },
  },
];
