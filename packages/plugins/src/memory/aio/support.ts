import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "asynchronous I/O (AIO)",
    restored: "contexts at their addresses, with the events in their rings",
    refused: {
      dump: "all of them, for now",
      restore: "rings smaller than the kernel makes them with this number of processors",
    },
    kernel: "CONFIG_AIO",
    shownBy: {
      restored: ["case aio-rings"],
    },
  },
];
