import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "scheduling",
    saved: "nice value, policy and priority of each thread",
    restageImage: "processors (affinity), I/O priority",
    restored: "nice value; OTHER, BATCH, IDLE, FIFO and RR; processors, I/O priority",
    refused: {
      dump: "SCHED_DEADLINE, SCHED_EXT",
    },
    shownBy: {
      saved: ["fixture attributes", "case thread-settings"],
      restored: ["fixture attributes", "fixture threads", "case thread-settings"],
    },
  },
];
