import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "mappings",
    saved: "anonymous, of files, of memfds, System V shared memory of an IPC namespace of the tree's own",
    refused: { dump: "huge pages (hugetlb), AIO rings, uprobes, mappings of devices and sockets" },
    shownBy: { saved: ["fixture memory", "case many-mappings", "case odd-addresses"] },
  },
];
