import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "epoll",
    saved: "all that its targets are saved",
    restored: "all watched descriptors with their events and data, of any type, sets in sets",
    refused: { dump: "targets outside the tree", restore: "a watched file that has no descriptor any more" },
    shownBy: { saved: ["fixture polling"], restored: ["fixture polling"] },
  },
];
