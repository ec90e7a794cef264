import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "epoll",
    saved:
      "watched descriptors of every type that Restage saves, with events and data; nested sets; sets in flight in a socket's queue; in restage.img, numbers under which files were added and that are closed or belong to other files now",
    restored: "the same",
    refused: {
      dump: "a watched file that no task with the set has open",
      restore: "a watched file without a descriptor",
    },
    shownBy: {
      saved: ["fixture polling", "case epoll-in-flight", "case epoll-numbers"],
      restored: ["fixture polling", "case epoll-in-flight"],
    },
  },
];
