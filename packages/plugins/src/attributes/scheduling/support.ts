import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "scheduling",
    saved: "policies, priorities, nice",
    restored: "nice, BATCH, IDLE, FIFO, RR with priorities",
    refused: { dump: "SCHED_DEADLINE, SCHED_EXT" },
    shownBy: { saved: ["fixture attributes"], restored: ["fixture attributes", "fixture threads"] },
  },
];
