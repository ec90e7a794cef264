import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "scheduling",
    saved: "nice value, policy and priority of each thread",
    restored: "the same: OTHER, BATCH, IDLE, FIFO and RR",
    refused: {
      dump: "SCHED_DEADLINE, SCHED_EXT",
    },
    shownBy: {
      saved: ["fixture attributes"],
      restored: ["fixture attributes", "fixture threads"],
    },
  },
];
