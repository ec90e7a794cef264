import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "processor features",
    saved: "the features of this processor in cpuinfo.img, with `--cpu-cap`",
    restored: "the features in cpuinfo.img are compared with those of this processor, as `--cpu-cap` says",
    refused: {
      restore: "a missing feature, by name",
    },
    shownBy: {
      saved: ["case lone-task"],
      restored: ["case lone-task"],
    },
  },
];
