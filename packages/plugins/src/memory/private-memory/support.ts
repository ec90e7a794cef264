import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "private mappings",
    restored:
      "anonymous and of files, with content, protection, advice, locks; copy-on-write between parent and child as it was",
    shownBy: {
      restored: [
        "fixture counter",
        "fixture many",
        "fixture tree",
        "fixture memory",
        "case mapping-kinds",
        "case copy-on-write",
        "case many-mappings",
        "case odd-addresses",
      ],
    },
  },
  {
    group: "memory",
    what: "huge pages (hugetlb)",
    restored:
      "private and shared mappings, memfds, System V shared memory; files of hugetlbfs become memfds, as with CRIU",
    kernel: "CONFIG_HUGETLBFS, and as many huge pages as there were",
    shownBy: { restored: ["case huge-pages"] },
  },
  {
    group: "memory",
    what: "guard regions",
    restored: "MADV_GUARD_INSTALL",
    kernel: "6.13",
    shownBy: { restored: ["case guard-regions"] },
  },
  {
    group: "memory",
    what: "pages in parent images",
    restored: "of incremental dumps, of any depth",
    refused: { restore: "pages of a page server (--lazy-pages)" },
    shownBy: { restored: ["case incremental"] },
  },
  {
    group: "memory",
    what: "content of private memory",
    saved: "only pages that are neither untouched nor those of a file; guard regions",
    shownBy: { saved: ["fixture memory", "case guard-regions", "case copy-on-write"] },
  },
];
