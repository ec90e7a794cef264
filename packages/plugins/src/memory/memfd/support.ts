import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "memfd",
    restored:
      "content, size, name, seals, owner and mode; any number of open descriptions, private and shared mappings",
    shownBy: { restored: ["case memfds"] },
  },
];
