import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "vdso",
    saved: "its address and content",
    restored:
      "at its address; if this kernel has a different one, its functions call those of this kernel, or make system calls",
    shownBy: {
      saved: ["fixture vdso", "case other-vdso", "case older-vdso"],
      restored: ["fixture vdso", "case other-vdso", "case older-vdso"],
    },
  },
];
