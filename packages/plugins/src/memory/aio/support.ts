import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "asynchronous I/O (AIO)",
    restored: "contexts at their addresses, with the events in their rings",
    refused: { restore: "rings that are smaller than the kernel makes them on this many processors" },
    kernel: "CONFIG_AIO",
    shownBy: { restored: ["case aio-rings"] },
  },
];
