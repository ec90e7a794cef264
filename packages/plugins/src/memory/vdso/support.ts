import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "vdso",
    saved: "its address and content",
    restored:
      "at its address; if this kernel has a different one, its functions lead to this kernel's functions or to system calls",
    shownBy: {
      saved: ["fixture vdso", "case other-vdso", "case older-vdso"],
      restored: ["fixture vdso", "case other-vdso", "case older-vdso"],
    },
  },
];
