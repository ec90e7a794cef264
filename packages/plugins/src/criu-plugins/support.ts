import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "CRIU plugins",
    refused: {
      restore: "checkpoints for which CRIU used a plugin (CUDA, AMD GPUs)",
    },
    shownBy: {},
  },
];
