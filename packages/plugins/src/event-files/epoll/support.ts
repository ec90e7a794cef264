import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "files",
    what: "epoll",
    saved:
      "watched descriptors of every type that Restage saves, with events and data; nested sets; sets in flight in a socket's queue",
    restageImage:
      "the numbers of files that were closed or replaced after they had been added; busy polling (EPIOCSPARAMS, Linux 6.9)",
    restored: "the same",
    refused: {
      dump: "a watched file that is not open in any task that has the set",
      restore: "a watched file without a descriptor",
    },
    shownBy: {
      saved: ["fixture polling", "case epoll-in-flight", "case epoll-numbers", "case epoll-busy-poll"],
      restored: ["fixture polling", "case epoll-in-flight", "case epoll-busy-poll"],
    },
  },
];
