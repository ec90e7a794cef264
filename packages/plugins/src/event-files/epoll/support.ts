import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "epoll",
    saved:
      "watched descriptors of every type that Restage saves, with events and data; nested sets; sets in flight in a socket's queue",
    restored: "the same",
    refused: {
      dump: "a watched file that the tree no longer has open under its number",
      restore: "a watched file without a descriptor",
    },
    shownBy: {
      saved: ["fixture polling", "case epoll-in-flight"],
      restored: ["fixture polling", "case epoll-in-flight"],
    },
  },
];
