import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "memfds",
    saved: "content, size, name, seals, owner and mode",
    restored: "the same: open descriptions, private and shared mappings",
    shownBy: {
      saved: ["fixture shm", "case memfds", "case memfd-program"],
      restored: ["case memfds"],
    },
  },
];
