import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "memory",
    what: "asynchronous I/O (AIO)",
    saved: "contexts at their addresses, with the events in their rings",
    lost: "requests that are still in progress when the images are complete, such as IOCB_CMD_POLL",
    restored: "the same",
    refused: {
      restore: "rings smaller than the kernel makes them with this number of processors",
    },
    kernel: "CONFIG_AIO",
    shownBy: {
      saved: ["case aio-rings"],
      restored: ["case aio-rings"],
    },
  },
];
