import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "processor features",
    restored: "the features in cpuinfo.img are compared with those of this processor, as `--cpu-cap` says",
    refused: {
      restore: "a missing feature, by name",
    },
    shownBy: {
      restored: ["case lone-task"],
    },
  },
];
