import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "lazy pages",
    saved:
      "with `--lazy-pages`, private anonymous memory stays in the stopped tree until a daemon fetches it; with `--page-server`, memory goes to a page server",
    restored: "with `--lazy-pages`, private anonymous memory that is not locked is loaded when a task touches it",
    lost: "sharing of such pages between parents and children: each gets its own",
    refused: {
      dump: "with `--prev-images-dir`; `--lazy-pages` with `--leave-running`",
      restore: "templates of clones",
    },
    kernel: "CONFIG_USERFAULTFD; 6.1 for trees in a user namespace",
    shownBy: { saved: ["case lazy-pages"], restored: ["case lazy-pages"] },
  },
];
