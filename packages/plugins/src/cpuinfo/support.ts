import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "the processor",
    restored: "compared with that of the checkpoint, with `--cpu-cap`",
    refused: { restore: "what it lacks, by name" },
    shownBy: { restored: ["case lone-task"] },
  },
];
