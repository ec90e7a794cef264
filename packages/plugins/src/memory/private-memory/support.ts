import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "private mappings",
    saved: "anonymous memory and mappings of files: protection, advice, locks, and the pages that differ from the file",
    restored: "the same; pages that parent and child shared are shared again",
    lost: "the content of droppable mappings (MAP_DROPPABLE), which come back empty, as with CRIU",
    refused: {
      dump: "mappings of devices and sockets; mappings with uprobes; a task with as many mappings as vm.max_map_count allows",
      restore: "a task with as many mappings as vm.max_map_count allows, or nearly as many",
    },
    shownBy: {
      saved: [
        "fixture memory",
        "case many-mappings",
        "case scattered-pages",
        "case odd-addresses",
        "case copy-on-write",
        "case memory-settings",
      ],
      restored: [
        "fixture counter",
        "fixture many",
        "fixture tree",
        "fixture memory",
        "case mapping-kinds",
        "case copy-on-write",
        "case many-mappings",
        "case scattered-pages",
        "case odd-addresses",
      ],
    },
  },
  {
    group: "memory",
    what: "huge pages (hugetlb)",
    saved:
      "private and shared mappings, memfds, System V shared memory, and mappings of files of hugetlbfs, which stay where they are",
    restored: "the same; anonymous shared mappings become memfds, as with CRIU",
    refused: {
      dump: "deleted files of hugetlbfs",
    },
    kernel: "CONFIG_HUGETLBFS and enough free huge pages",
    shownBy: {
      saved: ["case huge-pages"],
      restored: ["case huge-pages"],
    },
  },
  {
    group: "memory",
    what: "guard regions",
    saved: "MADV_GUARD_INSTALL",
    restored: "the same",
    kernel: "6.13",
    shownBy: {
      saved: ["case guard-regions"],
      restored: ["case guard-regions"],
    },
  },
  {
    group: "memory",
    what: "incremental images",
    saved:
      "with `--prev-images-dir`, only private pages that differ from those of an earlier checkpoint or pre-dump. Pages are compared, so nothing is tracked in the tree; shared memory is saved whole",
    restored: "pages in parent images, of any depth",
    refused: {
      restore: "pages that a page server holds, without `--lazy-pages`",
    },
    shownBy: {
      saved: ["case incremental"],
      restored: ["case incremental"],
    },
  },
];
