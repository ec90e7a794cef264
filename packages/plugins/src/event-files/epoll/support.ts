import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "epoll",
    saved: "watched descriptors of any type that Restage saves, with events and data; nested sets",
    restored: "watched descriptors with events and data, nested sets",
    refused: {
      dump: "a watched file that the tree no longer has open under its number",
      restore: "a watched file without a descriptor",
    },
    shownBy: { saved: ["fixture polling"], restored: ["fixture polling"] },
  },
];
